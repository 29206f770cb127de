import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { redactLogs } from './redactLogs.ts'

test('a log loses its secrets and keeps its length, also across the borders of what is read at a time', () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-logs-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'n1.1.log')
  const secret = 'correct-horse'
  const parts = [secret, 'x'.repeat(1024 * 1024 - 20), secret, 'y'.repeat(2 * 1024 * 1024), `${secret}\n`]
  writeFileSync(path, parts.join(''))
  redactLogs([path, join(folder, 'never-written.log')], [secret])
  const after = readFileSync(path, 'utf8')
  expect(after).toHaveLength(parts.join('').length)
  expect(after).not.toContain(secret)
  expect(after.match(/\[redacted\]\*\*\*/g)).toHaveLength(3)
  expect(after.replaceAll('[redacted]***', secret)).toBe(parts.join(''))
})
