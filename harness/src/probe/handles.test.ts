import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { HandleProbe } from './handles.ts'

function samplesAt(): { path: string; counts: () => number[] } {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-handles-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'n1.1.handles.jsonl')
  const lines = () => readFileSync(path, 'utf8').trim().split('\n').filter(Boolean)
  return { path, counts: () => lines().map((line) => (JSON.parse(line) as { handleCount: number }).handleCount) }
}

test('open files are counted from outside, and each change of their number is a line', () => {
  const { path, counts } = samplesAt()
  const probe = new HandleProbe(process.pid, path)
  const open = Array.from({ length: 7 }, () => openSync('/dev/null', 'r'))
  probe.sample()
  for (const fd of open) closeSync(fd)
  probe.sample()
  probe.close()
  const [before = 0, during = 0, after = 0] = counts()
  expect(before).toBeGreaterThan(3)
  expect(during - before).toBe(7)
  expect(after).toBe(before)
})

test('a process that is gone has no handles, which is not the same as 0 of them', () => {
  const { path, counts } = samplesAt()
  // Beyond the highest number that Linux gives a process.
  new HandleProbe(2 ** 22 + 1, path).close()
  expect(existsSync(path) ? counts() : []).toEqual([])
})
