import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { goneAsUndefined } from '../probe/processTable.ts'

/** What the files below a folder take, bytes; what goes while it is looked at counts nothing. */
export function diskUse(folder: string): number {
  const entries = goneAsUndefined(() => readdirSync(folder, { withFileTypes: true })) ?? []
  return entries.reduce((sum, entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sum + diskUse(path)
    const file = goneAsUndefined(() => lstatSync(path))
    return sum + (file ? file.blocks * 512 : 0)
  }, 0)
}
