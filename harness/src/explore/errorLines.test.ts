import { expect, test } from 'vitest'
import type { Cluster } from '../cluster/cluster.ts'
import { undeclaredErrors } from './errorLines.ts'

const clusterOf = (lines: readonly string[]) => {
  const log = { refresh: () => {}, matches: (pattern: RegExp) => lines.filter((line) => line.search(pattern) >= 0) }
  return { nodes: [{ name: 'n1', log }] } as unknown as Cluster<never>
}

test.each([
  ['pino', '{"level":50,"time":1,"msg":"log failed"}'],
  ['pino, fatal', '{"level":60,"msg":"gone"}'],
  ['zap', '{"level":"error","msg":"failed to send"}'],
  ['PostgreSQL', '2026-11-01 10:00:00 UTC [12] PANIC:  could not write to file'],
  ['a word in front', 'ERROR could not open the file'],
])('a line at the level of an error is seen, as %s writes it', (_, line) => {
  expect(undeclaredErrors(clusterOf([line]), [])).toHaveLength(1)
})

test.each([
  ['{"level":30,"msg":"connected"}'],
  ['{"level":40,"error":{"level":1},"msg":"disconnected from n2"}'],
  ['{"level":30,"msg":"500 rows"}'],
  ['{"level":30,"msg":"no ERROR here"}'],
  ['{"level":"info","msg":"error"}'],
  ['2026-11-01 10:00:00 LOG:  the application under test that is called by so and so said ERROR'],
])('any other is not: %s', (line) => {
  expect(undeclaredErrors(clusterOf([line]), [])).toEqual([])
})

test('what is declared is no finding, and each other kind is told once, with its count', () => {
  const failed = '{"level":50,"msg":"log failed","err":"EIO"}'
  const defect = '{"level":50,"msg":"request failed"}'
  const told = undeclaredErrors(clusterOf([failed, defect, failed, defect]), [/log failed/])
  expect(told).toEqual([`n1 logged an error that no pattern of expectedErrors allows, 2 times in all: ${defect}`])
})
