import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { goneAsUndefined, readEntry, readProcFile } from './processTable.ts'

/** What the operating system says about one process, without asking the process. */
export interface ProcessReading {
  rssBytes: number
  /** The kernel's high-water mark since start, or since the mark was last reset. */
  peakRssBytes: number
  /** Heap and other private memory: leaks are judged on this, not on RSS, which counts shared file pages. */
  rssAnonBytes: number
  threadCount: number
  /** Open file descriptors, sockets included. */
  handleCount: number
  socketCount: number
  cpuMs: number
}

/** Undefined when the process is gone or only waits to be collected. Takes well below 1 ms. */
export function readProcess(pid: number): ProcessReading | undefined {
  const status = readProcFile(`/proc/${pid}/status`)
  const entry = readEntry(pid)
  if (status === undefined || entry === undefined || !status.includes('VmRSS:')) return undefined
  return {
    rssBytes: statusKiB(status, 'VmRSS') * 1024,
    peakRssBytes: statusKiB(status, 'VmHWM') * 1024,
    rssAnonBytes: statusKiB(status, 'RssAnon') * 1024,
    threadCount: statusKiB(status, 'Threads'),
    handleCount: countHandles(pid) ?? 0,
    socketCount: socketInodes(pid).length,
    cpuMs: entry.cpuMs,
  }
}

/** Inode numbers of the process's open sockets: the key that joins them to the kernel's socket tables. */
export function socketInodes(pid: number): number[] {
  const folder = `/proc/${pid}/fd`
  const names = goneAsUndefined(() => readdirSync(folder)) ?? []
  return names
    .map((name) => goneAsUndefined(() => readlinkSync(`${folder}/${name}`)))
    .map((target) => /^socket:\[(\d+)\]$/.exec(target ?? '')?.[1])
    .filter((inode) => inode !== undefined)
    .map(Number)
}

/**
 * Open files and sockets; undefined when the process is gone. From kernel 6.2 on the folder's size is the count; before, it is 0 and
 * the names have to be counted.
 */
export function countHandles(pid: number): number | undefined {
  const folder = `/proc/${pid}/fd`
  return goneAsUndefined(() => statSync(folder).size || readdirSync(folder).length)
}

function statusKiB(status: string, key: string): number {
  const line = new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)
  return line ? Number(line[1]) : 0
}
