/**
 * Guarantee  One tenant's flood is its own trouble: it adds to another tenant's p95 less than half of what its own writes wait, and it is
 *            turned away above its limits.
 * Method     Against one node, 64 users of one tenant put small rows, each after a pause of its own: first alone, then while 600
 *            connections of another tenant write as fast as they are answered, from a thread of their own. The p95 beside the flood is
 *            judged against the p95 alone and a share of what a write of the flood waits at that time: both move with the machine.
 *            Who stands in one line with the flood waits all of that, every time. The p99 is told: of 500 writes it is five, which
 *            moved by half from one window to the next. Then, with a rate for each tenant, count what
 *            is turned away of whom.
 * Fault bit  The flood had far more writes under way than the node works on at once; in REPL-6b it was turned away.
 * Known bad  tenant-flood-starves (one line for all), tenant-limit-shared (one rate for all).
 */

import { after, type GuardRun, Inconclusive, type Node, nowMs, type Random, type RecordCall } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { type Change, PeerCallError, PeerClient } from '../../fixtures/systems/peer/client.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'
import { Flood, type Timed } from './flood.ts'

const connections = 600
/** To be timed. */
const smallWrites = { alone: 500, beside: 1_500 }
/** Of the steady tenant. */
const users = 64
/** Before each write, by chance: who comes back at once falls into step with the flood and meets its line only when it is empty. */
const mostThinkMs = 200
/** 5 KiB each. */
const largeWrite: Change[] = Array.from({ length: 10 }, (_, at) => {
  return { op: 'put', table: 'flood', key: `row-${at}`, value: 'x'.repeat(450) }
})
/** One, and one more for each 4 KiB. */
const largeWriteCost = 1 + Math.floor(JSON.stringify({ operations: largeWrite }).length / 4_096)
const costPerSecond = 100
const costOfBurst = 200

test("REPL-6 one tenant's flood does not hold up another tenant", { tags: ['gate'] }, async ({
  startCluster,
  run,
  seed,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 3, env: { PEER_TENANT_QUEUE: '4096' } })
  const [node] = cluster.nodes
  const write = (prefix: string, count: number) =>
    putRows(run, node, { prefix, count, users, mostThinkMs, random: seed.stream(prefix) })
  const alone = waitsOf(await write('alone', smallWrites.alone))
  await using flood = new Flood(node, connections, largeWrite)
  await flood.answers(2 * connections)

  const startedAtMs = nowMs()
  const timed = await write('beside', smallWrites.beside)
  const { leastUnderWay, answered } = await flood.stop()
  if (leastUnderWay < connections / 2) {
    throw new Inconclusive(`The flood had only ${leastUnderWay} writes under way at times.`)
  }
  const endedAtMs = Math.max(...timed.map((each) => each.endedAtMs))
  const floodWaits = waitsOf(answered.filter((each) => each.startedAtMs > startedAtMs && each.endedAtMs < endedAtMs))
  const floodTypicalMs = quantile(floodWaits, 0.5)
  const limitMs = quantile(alone, 0.95) + budgets.besideFlood.limit * floodTypicalMs
  const beside = waitsOf(timed)
  const besideP95Ms = quantile(beside, 0.95)
  run.report('a small write alone, p50', quantile(alone, 0.5), 'ms')
  run.report('alone, p99', quantile(alone, 0.99), 'ms')
  run.report('a write of the flood, p50', floodTypicalMs, 'ms')
  run.report('a small write beside it, p50', quantile(beside, 0.5), 'ms')
  run.report('beside it, p95', besideP95Ms, 'ms', limitMs)
  run.report('beside it, p99', quantile(beside, 0.99), 'ms')
  run.report('written by the flood', answered.length, 'operations')
  expect(besideP95Ms, "the other tenant's p95 stays in its budget").toBeLessThanOrEqual(limitMs)
  expect(timed.length, 'every small write was taken').toBe(smallWrites.beside)
})

test('REPL-6b a tenant above its rate is turned away, and no other', { tags: ['gate'] }, async ({
  startCluster,
  run,
}) => {
  const cluster = await startCluster({
    system: peer,
    nodes: 1,
    env: { PEER_TENANT_RATE: String(costPerSecond), PEER_TENANT_BURST: String(costOfBurst) },
  })
  const [node] = cluster.nodes
  const startedAtMs = nowMs()
  await using flood = new Flood(node, 10, largeWrite)
  await flood.refusals(100)
  await putRows(run, node, { prefix: 'beside', count: 20, users: 1 })
  const { answered, refusedCount } = await flood.stop()
  run.report('of the flood, taken', answered.length, 'operations')
  run.report('of the flood, turned away', refusedCount, 'operations')
  const most = (costOfBurst + (costPerSecond * (nowMs() - startedAtMs)) / 1_000) / largeWriteCost
  run.report('its rate allowed', Math.floor(most), 'operations')
  expect(answered.length, 'no more of the flood was taken than its rate allows').toBeLessThanOrEqual(most)
})

interface SmallWrites {
  readonly prefix: string
  readonly count: number
  /** Each with one write under way. */
  readonly users: number
  readonly mostThinkMs?: number
  readonly random?: Random
}

/** Small rows of the steady tenant, in the order in which they were answered. Every one must be taken. */
async function putRows(
  run: GuardRun,
  node: Node<PeerClient>,
  { prefix, count, users, mostThinkMs = 0, random }: SmallWrites,
): Promise<Timed[]> {
  const { host, port } = node.plan.reach
  const record: RecordCall = (operation, call, result) =>
    run.recorder.run({ client: 'steady', node: node.name, ...operation }, call, result)
  const client = new PeerClient(`http://${host}:${port}`, record, { tenant: 'steady', connections: users })
  const timed: Timed[] = []
  const numbers = Array.from({ length: count }, (_, at) => at).values()
  const put = async () => {
    for (const at of numbers) {
      if (random) await after(random.integer(0, mostThinkMs))
      const startedAtMs = nowMs()
      const refused = await client.put('steady', `${prefix}-${at}`, at).catch((error: unknown) => {
        if (error instanceof PeerCallError && error.status === 429) return error
        throw error
      })
      expect(refused, 'the other tenant is never turned away').not.toBeInstanceOf(PeerCallError)
      timed.push({ startedAtMs, endedAtMs: nowMs() })
    }
  }
  try {
    await Promise.all(Array.from({ length: users }, put))
  } finally {
    await client.close()
  }
  return timed
}

function waitMs({ startedAtMs, endedAtMs }: Timed): number {
  return endedAtMs - startedAtMs
}

/** Ascending. */
function waitsOf(timed: readonly Timed[]): number[] {
  return timed.map(waitMs).sort((a, b) => a - b)
}

/** Of ascending values. */
function quantile(values: readonly number[], share: number): number {
  return values[Math.floor(values.length * share)] ?? Number.NaN
}
