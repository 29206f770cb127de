import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NodeLog } from '../cluster/nodeLog.ts'
import { LinesSeen } from './linesSeen.ts'

let folder: string
let nodes: { name: string; log: NodeLog }[]
let seen: LinesSeen

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-lines-'))
  nodes = ['n1', 'n2'].map((name) => ({ name, log: new NodeLog(name) }))
  for (const { name, log } of nodes) log.open(join(folder, `${name}.1.log`))
})

afterEach(() => {
  seen.close()
  for (const { log } of nodes) log.close()
  rmSync(folder, { recursive: true, force: true })
})

const say = (file: string, text: string) => appendFileSync(join(folder, file), text)

test('lines count from now on, of every node, each once and in the order in which they came', () => {
  say('n1.1.log', 'struck before\n')
  seen = new LinesSeen(nodes, 'struck')
  expect(seen.look()).toEqual([])
  say('n2.1.log', 'struck\nother\n')
  expect(seen.look()).toEqual(['n2'])
  say('n1.1.log', 'struck\nstruck\n')
  expect(seen.look()).toEqual(['n2', 'n1', 'n1'])
})

test('of a life that begins later every line counts, also one that is read before it is whole', () => {
  seen = new LinesSeen(nodes, 'struck')
  say('n1.2.log', 'struck\nstruck again')
  nodes[0]?.log.open(join(folder, 'n1.2.log'))
  expect(seen.look()).toEqual(['n1', 'n1'])
  say('n1.2.log', ', the rest\nstruck\n')
  expect(seen.look()).toEqual(['n1', 'n1', 'n1'])
})
