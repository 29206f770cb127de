import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { shownPath } from './shownPath.ts'

const here = process.cwd()

test('a path below the working folder is shown as it would be typed', () => {
  expect(shownPath(join(here, '.breakwater', 'runs', 'n1.1.log'))).toBe('.breakwater/runs/n1.1.log')
})

test.each([here, dirname(here), `${here}-other/n1.1.log`, '/var/log/n1.1.log'])('%s is shown in full', (path) => {
  expect(shownPath(path)).toBe(path)
})
