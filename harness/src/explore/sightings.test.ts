import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Cluster } from '../cluster/cluster.ts'
import { LogReader } from '../probe/logReader.ts'
import { Sightings } from './sightings.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-test-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('the last words of a life come before its node is seen to be back', () => {
  const paths = ['n1.1.log', 'n1.2.log'].map((name) => join(folder, name)) as [string, string]
  for (const path of paths) writeFileSync(path, '')
  const incarnations = [new LogReader(paths[0])]
  const cluster = { nodes: [{ name: 'n1', log: { incarnations } }] } as unknown as Cluster<never>
  const states = { begun: /copy begun/, ready: { line: /ready/, in: ['rows'] } }
  const sightings = new Sightings(cluster, states, () => ['kill'])
  sightings.look()
  appendFileSync(paths[0], 'ready\ncopy begun\n')
  incarnations.push(new LogReader(paths[1]))
  appendFileSync(paths[1], 'ready\n')
  sightings.look()
  expect(sightings.end()).toEqual(
    new Map([
      ['ready', ['kill']],
      ['begun', ['kill']],
    ]),
  )
  expect(sightings.followed).toEqual({
    onNode: [
      ['ready', 'begun'],
      ['begun', 'restarted'],
      ['restarted', 'ready'],
    ],
    acrossNodes: [],
  })
  for (const reader of incarnations) reader.close()
})
