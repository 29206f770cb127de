import { isDeepStrictEqual } from 'node:util'
import { awaitReading, type Fault, type Node } from '@breakwater/harness'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BreakableCluster } from '../harness/src/run/breakableCluster.ts'
import { dial, GuardBed } from './guardBed.ts'
import type { EchoClient } from './samples/echo/system.ts'

type Five = BreakableCluster<EchoClient, 5>

let bed: GuardBed
let cluster: Five

beforeAll(async () => {
  bed = new GuardBed()
  cluster = await bed.start(5)
})
afterAll(() => bed[Symbol.asyncDispose]())

interface Traffic {
  /** Links that keep bytes back: "n1>n2". */
  cut: string[]
  /** Dials that were answered, by who dialled whom. */
  answered: string[]
}

const ordered = () =>
  cluster.nodes.flatMap((from) => cluster.nodes.filter((to) => to !== from).map((to): Pair => [from, to]))
type Pair = [Node<EchoClient>, Node<EchoClient>]
const named = ([from, to]: Pair) => `${from.name}>${to.name}`

/** Every node dials every other; under a cut of these links, and of no other, that is what must come of it. */
async function expectCut(fault: Fault, cut: string[]): Promise<void> {
  const answered: string[] = []
  const dials = ordered().map(async (pair) => {
    await dial(...pair)
    answered.push(named(pair))
  })
  const isCut = (from: string, to: string) => cut.includes(`${from}>${to}`)
  const expected: Traffic = {
    cut: cut.toSorted(),
    answered: ordered()
      .filter(([from, to]) => !isCut(from.name, to.name) && !isCut(to.name, from.name))
      .map(named)
      .toSorted(),
  }
  const seen = await awaitReading<Traffic>({
    what: `exactly the links ${cut.join(', ')} to be cut`,
    budget: 5_000,
    probe: () => ({
      cut: ordered()
        .filter(([from, to]) => cluster.link(from, to).bytesHeld > 0)
        .map(named)
        .toSorted(),
      answered: answered.toSorted(),
    }),
    until: (traffic) => isDeepStrictEqual(traffic, expected),
  })
  expect(seen.cut).toEqual(cut.toSorted())
  expect(fault.effects()).toBeGreaterThan(0)
  await fault.heal()
  await Promise.all(dials)
  expect(answered).toHaveLength(20)
}

/** n1 and n2 -> n1>n2 and n2>n1 */
const both = (...pairs: [number, number][]) => pairs.flatMap(([a, b]) => [`n${a}>n${b}`, `n${b}>n${a}`])

test('without a fault every node is answered by every other', async () => {
  expect(await Promise.all(ordered().map((pair) => dial(...pair)))).toEqual(Array(20).fill('ok'))
})

const shapes: [string, (five: Five) => Promise<Fault>, string[]][] = [
  [
    'a partition cuts both ways between two nodes',
    (five) => five.partition(five.nodes[0], five.nodes[1]),
    both([1, 2]),
  ],
  [
    'a partition of one way cuts that way only',
    (five) => five.partition(five.nodes[2], five.nodes[0], { oneWay: true }),
    ['n3>n1'],
  ],
  [
    'isolating cuts a node from all others',
    (five) => five.isolate(five.nodes[3]),
    both([4, 1], [4, 2], [4, 3], [4, 5]),
  ],
  [
    'isolating one way mutes a node, which still hears',
    (five) => five.isolate(five.nodes[3], { oneWay: true }),
    ['n4>n1', 'n4>n2', 'n4>n3', 'n4>n5'],
  ],
  [
    'a ring leaves each node its two neighbours, the last and the first included',
    (five) => five.partitionRing(),
    both([1, 3], [1, 4], [2, 4], [2, 5], [3, 5]),
  ],
  [
    'a bridge is the only way between two halves',
    (five) => five.partitionBridge(five.nodes[2]),
    both([1, 4], [1, 5], [2, 4], [2, 5]),
  ],
]

test.each(shapes)('%s, and healing brings every answer', async (_, open, cut) => {
  const fault = await open(cluster)
  const nodes = [...new Set(cut.flatMap((link) => link.split('>')))]
  expect([...fault.targets].toSorted()).toEqual(nodes.toSorted())
  await expectCut(fault, cut)
})

test('a cut that drops loses what it swallowed: the connection is reset when it heals', async () => {
  const [a, b] = cluster.nodes
  const fault = await cluster.partition(a, b, { how: 'drop' })
  const lost = dial(a, b).catch((error: Error) => error.message)
  await awaitReading({
    what: 'the question to be swallowed',
    budget: 5_000,
    probe: () => fault.counts().bytesDropped as number,
    until: (count) => count > 0,
  })
  await fault.heal()
  expect(await lost).toBe('ECONNRESET')
  expect(fault.counts()).toMatchObject({ connectionsDropped: 1, connectionsReset: 1 })
  expect(await dial(a, b)).toBe('ok')
})

test('a cut that nobody ran into has no effect, and says so by name', async () => {
  await awaitReading({
    what: 'earlier connections to be closed',
    budget: 5_000,
    probe: () => cluster.network.connectionCount(),
    until: (count) => count === 0,
  })
  await using fault = await cluster.partition(cluster.nodes[0], cluster.nodes[1])
  expect(fault.counts()).toEqual({ bytesHeld: 0, connectionsHeld: 0, closesHeld: 0 })
  await expect(fault.tookEffect(20)).rejects.toThrow(/"partition n1 \| n2" to take effect.*\[BUDGET_SPENT\]$/)
})

test('a shape that cuts nothing in so small a cluster is refused', async () => {
  await using small = new GuardBed()
  const three = await small.start(3)
  await expect(three.partitionRing()).rejects.toThrow('"partition ring" cuts no link in a cluster of 3 nodes')
  expect(small.run.faults).toEqual([])
})
