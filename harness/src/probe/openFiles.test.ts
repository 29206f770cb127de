import { closeSync, mkdtempSync, openSync, rmSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openFilesOf } from './openFiles.ts'

test('files are told by path, and those that were removed and are open still apart', () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-open-'))
  const [there, gone] = [join(folder, 'there'), join(folder, 'gone')]
  const descriptors = [openSync(there, 'w'), openSync(gone, 'w')]
  unlinkSync(gone)
  try {
    const own = openFilesOf(process.pid)?.filter(({ path }) => path.startsWith(folder))
    expect(own).toEqual(
      expect.arrayContaining([
        { path: there, removed: false },
        { path: gone, removed: true },
      ]),
    )
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor)
    rmSync(folder, { recursive: true })
  }
})

test('a process that is gone has nothing to tell', () => {
  expect(openFilesOf(2 ** 22 - 1)).toBeUndefined()
})
