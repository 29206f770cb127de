import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NodeLog } from './nodeLog.ts'

let folder: string
let log: NodeLog

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-node-log-'))
  log = new NodeLog('n1')
})
afterEach(() => {
  log.close()
  rmSync(folder, { recursive: true, force: true })
})

function open(incarnation: number, content: string): string {
  const path = join(folder, `n1.${incarnation}.log`)
  writeFileSync(path, content)
  log.open(path)
  return path
}

test('a node that was never started has no log', () => {
  expect(log.path).toBe('(never started)')
  expect(log.lines()).toEqual([])
  expect(() => log.current).toThrow('n1 was never started, so it has no log')
})

test('questions go over all incarnations, in their order', () => {
  open(1, 'starting\ncrash: a\n')
  const second = open(2, 'starting\n')
  appendFileSync(second, 'crash: b\n')
  expect(log.lines()).toEqual(['starting', 'crash: a', 'starting', 'crash: b'])
  expect(log.matches(/^crash/)).toEqual(['crash: a', 'crash: b'])
  expect(log.count('starting')).toBe(2)
  expect(log.path).toBe(second)
})

test('a line is awaited of the current incarnation only', async () => {
  open(1, 'ready\n')
  const second = open(2, '')
  const waiting = log.awaitLine('ready', 5_000)
  appendFileSync(second, 'ready again\n')
  expect(await waiting).toBe('ready again')
  await expect(log.awaitLine('crash', 10)).rejects.toThrow(/n1\.2\.log\. \[BUDGET_SPENT\]$/)
})
