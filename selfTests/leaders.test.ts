import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Node } from '@breakwater/harness'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NodeLog } from '../harness/src/cluster/nodeLog.ts'
import { expectOneLeaderPerTerm } from '../integrationTests/leaders.ts'

let folder: string
let logs: NodeLog[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bw-'))
  logs = []
})

afterEach(() => {
  for (const log of logs) log.close()
  rmSync(folder, { recursive: true })
})

/** As far as the claim looks at it. */
function node(name: string, ...lines: string[]): Node {
  const log = new NodeLog(name)
  const path = join(folder, `${name}.1.log`)
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
  log.open(path)
  logs.push(log)
  return { name, log } as unknown as Node
}

const leads = (term: number, shard = 's1') => JSON.stringify({ shard, term, msg: 'became leader' })
const ready = JSON.stringify({ msg: 'ready' })

test('terms with one leader each are counted, of this shard alone', () => {
  const nodes = [node('n1', ready, leads(1), leads(3)), node('n2', leads(2), leads(3, 's2')), node('n3', ready)]
  expect(expectOneLeaderPerTerm(nodes, 's1')).toBe(3)
})

test('a term with two leaders fails, by name', () => {
  const nodes = [node('n1', leads(1), leads(4)), node('n2', leads(4))]
  expect(() => expectOneLeaderPerTerm(nodes, 's1')).toThrow(/exactly one leader in a term/)
})

test('no leader in any log is no evidence of one a term', () => {
  const nodes = [node('n1', ready), node('n2', ready, leads(1, 's2'))]
  expect(() => expectOneLeaderPerTerm(nodes, 's1')).toThrow(
    /^No line of n1, n2 says who became leader of s1, so nobody knows whether a term had two\. Open .*\[INCONCLUSIVE\]$/,
  )
})

test('a log without a byte, a node without a life and no node at all are no evidence either', () => {
  expect(() => expectOneLeaderPerTerm([node('n1', leads(1)), node('n2')], 's1')).toThrow(
    /No byte was read.*INCONCLUSIVE/,
  )
  const unborn = { name: 'n3', log: new NodeLog('n3') } as unknown as Node
  expect(() => expectOneLeaderPerTerm([node('n1', leads(1)), unborn], 's1')).toThrow(
    /n3 was never started.*INCONCLUSIVE/,
  )
  expect(() => expectOneLeaderPerTerm([], 's1')).toThrow(/No line of no node.*INCONCLUSIVE/)
})
