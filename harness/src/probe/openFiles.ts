import { readdirSync, readlinkSync } from 'node:fs'
import { goneAsUndefined } from './processTable.ts'

/** One descriptor of a process, as the kernel names what is behind it: a path, `socket:[…]`, `pipe:[…]`, `anon_inode:…`. */
export interface OpenFile {
  path: string
  /** The file has no name any more: it lives for as long as it is open. */
  removed: boolean
}

const removedMark = ' (deleted)'
/** Memory that has the name of a file, and never had one on a disk. */
const isMemory = /^\/(memfd:|dev\/(zero|shm\/)|SYSV)/

/** Undefined when the process is gone, or not ours to look into. */
export function openFilesOf(pid: number): OpenFile[] | undefined {
  const folder = `/proc/${pid}/fd`
  return readable(() => readdirSync(folder))?.flatMap((name) => {
    const target = readable(() => readlinkSync(`${folder}/${name}`))
    if (target === undefined) return []
    const removed = target.startsWith('/') && target.endsWith(removedMark) && !isMemory.test(target)
    return [{ path: removed ? target.slice(0, -removedMark.length) : target, removed }]
  })
}

function readable<T>(read: () => T): T | undefined {
  try {
    return goneAsUndefined(read)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return undefined
    throw error
  }
}
