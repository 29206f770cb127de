import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { rootAbove } from './root.ts'

function project(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'breakwater-root-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'a', 'b'), { recursive: true })
  writeFileSync(join(folder, 'vitest.config.ts'), '')
  return folder
}

test('the root is found from itself and from any folder below it', () => {
  const root = project()
  expect([root, join(root, 'a'), join(root, 'a', 'b')].map(rootAbove)).toEqual([root, root, root])
})

test('the nearest project wins, and outside of all there is none', () => {
  const root = project()
  writeFileSync(join(root, 'a', 'breakwater.config.ts'), '')
  expect(rootAbove(join(root, 'a', 'b'))).toBe(join(root, 'a'))
  expect(rootAbove('/')).toBeUndefined()
})
