import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { killMatrix } from './killMatrix.ts'
import type { KnownBadBuild } from './knownBad.ts'
import type { GuardRow } from './outcome.ts'
import type { ProofResult, ProofRow } from './prove.ts'

const build = (id: string): KnownBadBuild => ({ id, what: 'x', origin: 'x', kills: [] })
const proof = (build: string, guard: string, result: ProofResult, named = true): ProofRow => ({
  build,
  guard,
  named,
  result,
  durationMs: 1,
  runFolder: 'x',
})

function cells(...[builds, guards, rows, onGood]: Parameters<typeof killMatrix>): string[][] {
  return stripVTControlCharacters(killMatrix(builds, guards, rows, onGood))
    .split('\n')
    .filter((line) => line.startsWith('│'))
    .map((line) => line.split('│').slice(1, -1))
    .map((line) => line.map((cell) => cell.trim()))
}

test('builds go down and guards across, the good build first', () => {
  const onGood = [
    { id: 'PEER-1', outcome: 'passed' },
    { id: 'PEER-2', outcome: 'inconclusive' },
  ] as GuardRow[]
  const rows = [proof('receive-unbounded', 'PEER-1', 'killed'), proof('cursor-ahead', 'PEER-2', 'survived')]
  const builds = [build('receive-unbounded'), build('cursor-ahead')]
  expect(cells(builds, ['PEER-1', 'PEER-2', 'PEER-3'], rows, onGood)).toEqual([
    ['build', 'PEER-1', 'PEER-2', 'PEER-3'],
    ['(good)', 'passed', 'inconclusive', 'missing'],
    ['receive-unbounded', 'killed', '·', '·'],
    ['cursor-ahead', '·', 'SURVIVED', '·'],
  ])
})

test.each([
  ['killed', 'killed'],
  ['survived', 'SURVIVED'],
  ['otherAssertion', 'other'],
  ['inconclusive', 'incon.'],
  ['notLoaded', 'no load'],
  ['stale', 'stale'],
] as const)('a named pair that ended as %s reads "%s"', (result, shown) => {
  expect(cells([build('b')], ['PEER-1'], [proof('b', 'PEER-1', result)], [])[2]).toEqual(['b', shown])
})

test('a guard that was not meant to reject a build shouts in neither case', () => {
  const rows = [proof('b', 'PEER-1', 'noticed', false), proof('b', 'PEER-2', 'survived', false)]
  expect(cells([build('b')], ['PEER-1', 'PEER-2'], rows, [])[2]).toEqual(['b', '+', '-'])
})
