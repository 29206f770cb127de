import { existsSync, type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { goneAsUndefined } from './processTable.ts'

/** The kernel tells of each write at once; this only catches what a file system does not tell, and a folder made late. */
const backstopMs = 100

/**
 * Calls back whenever the file may have grown, a few ms after the write. The file may appear later, its folder too.
 * Returns the function that ends it. Does not keep the process alive.
 */
export function watchFile(path: string, onChange: () => void): () => void {
  let watcher: FSWatcher | undefined
  let watchesFile = false

  const detach = () => {
    watcher?.close()
    watcher = undefined
  }
  const attach = (target: string, changed: (name: string | null) => void) => {
    watcher = goneAsUndefined(() => watch(target, { persistent: false }, (_event, name) => changed(name)))
    // The backstop attaches anew: a watcher ends with an error when its file or folder is removed.
    watcher?.on('error', detach)
  }
  const follow = () => {
    if (!watchesFile && existsSync(path)) {
      detach()
      watchesFile = true
    }
    if (watcher !== undefined) return
    if (watchesFile) attach(path, onChange)
    else
      attach(dirname(path), (name) => {
        if (name !== null && name !== basename(path)) return
        follow()
        onChange()
      })
  }
  const backstop = setInterval(() => {
    follow()
    onChange()
  }, backstopMs)
  backstop.unref()
  follow()
  return () => {
    clearInterval(backstop)
    detach()
  }
}
