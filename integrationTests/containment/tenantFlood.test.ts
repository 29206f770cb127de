/**
 * Guarantee  One tenant's flood is its own trouble: another tenant's write waits for a few of its writes, not for all that wait,
 *            and the flood is turned away above its limits.
 * Method     Against one node, 150 connections of one tenant write large transactions as fast as they are answered; another
 *            tenant puts small rows, one after the other. Count the flood's writes that were answered while each small
 *            one waited: a count, which a slow machine does not move as it moves a latency. Then, with a rate for each tenant, count what is turned away of whom.
 * Fault bit  The flood had far more writes under way than the node works on at once; in REPL-6b it was turned away.
 * Known bad  tenant-flood-starves (one line for all), tenant-limit-shared (one rate for all).
 */

import { awaitReading, type GuardRun, Inconclusive, type Node, nowMs, type RecordCall } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { type Change, PeerCallError, PeerClient } from '../../fixtures/systems/peer/client.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

const connections = 150
const smallWrites = 60
/** 20 KiB each. */
const largeWrite: Change[] = Array.from({ length: 40 }, (_, at) => {
  return { op: 'put', table: 'flood', key: `row-${at}`, value: 'x'.repeat(450) }
})
/** One, and one more for each 4 KiB. */
const largeWriteCost = 1 + Math.floor(JSON.stringify({ operations: largeWrite }).length / 4_096)
const costPerSecond = 100
const costOfBurst = 200

test("REPL-6 one tenant's flood does not hold up another tenant", { tags: ['gate'] }, async ({ startCluster, run }) => {
  const cluster = await startCluster({ system: peer, nodes: 3 })
  const [node] = cluster.nodes
  const alone = await putOneByOne(run, node, 'alone', smallWrites)
  await using flood = new Flood(node, connections)
  await flood.answers(2 * connections)
  const beside = await putOneByOne(run, node, 'beside', smallWrites)
  await flood.stop()
  if (flood.leastUnderWay < connections / 2) {
    throw new Inconclusive(`The flood had only ${flood.leastUnderWay} writes under way at times.`)
  }
  const overtaken = beside
    .map(({ startedAtMs, endedAtMs }) => flood.answeredBetween(startedAtMs, endedAtMs))
    .sort(ascending)
  const typical = overtaken[Math.floor(overtaken.length / 2)] ?? Number.NaN
  run.report('alone, p99', latencyP99Ms(alone), 'ms')
  run.report('beside the flood, p99', latencyP99Ms(beside), 'ms')
  run.report('written by the flood meanwhile', flood.answeredCount, 'operations')
  run.report('of these during one small write, p50', typical, 'operations', budgets.overtaken.limit)
  expect(typical, 'a small write waits for few of the flood').toMeetBudget(budgets.overtaken)
  expect(beside.length, 'every small write was taken').toBe(smallWrites)
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
  await using flood = new Flood(node, 10)
  await flood.refusals(100)
  await putOneByOne(run, node, 'beside', 20)
  await flood.stop()
  run.report('of the flood, taken', flood.answeredCount, 'operations')
  run.report('of the flood, turned away', flood.refusedCount, 'operations')
  const most = (costOfBurst + (costPerSecond * (nowMs() - startedAtMs)) / 1_000) / largeWriteCost
  run.report('its rate allowed', Math.floor(most), 'operations')
  expect(flood.answeredCount, 'no more of the flood was taken than its rate allows').toBeLessThanOrEqual(most)
})

interface Timed {
  startedAtMs: number
  endedAtMs: number
}

/** Small rows of the steady tenant. Every one must be taken. */
async function putOneByOne(run: GuardRun, node: Node<PeerClient>, prefix: string, count: number): Promise<Timed[]> {
  const { host, port } = node.plan.reach
  const record: RecordCall = (operation, call, result) =>
    run.recorder.run({ client: 'steady', node: node.name, ...operation }, call, result)
  const client = new PeerClient(`http://${host}:${port}`, record, { tenant: 'steady' })
  const timed: Timed[] = []
  try {
    for (let at = 0; at < count; at++) {
      const startedAtMs = nowMs()
      const refused = await client.put('steady', `${prefix}-${at}`, at).catch((error: unknown) => {
        if (error instanceof PeerCallError && error.status === 429) return error
        throw error
      })
      expect(refused, 'the other tenant is never turned away').not.toBeInstanceOf(PeerCallError)
      timed.push({ startedAtMs, endedAtMs: nowMs() })
    }
  } finally {
    await client.close()
  }
  return timed
}

/** Large writes over many connections, each begun as soon as the one before was answered. Bounded in count. */
class Flood implements AsyncDisposable {
  readonly #client: PeerClient
  readonly #answeredAtMs: number[] = []
  readonly #writers: Promise<void>[]
  refusedCount = 0
  leastUnderWay: number
  #underWay = 0
  #left = 50_000
  #isOver = false

  constructor({ plan: { reach } }: Node<PeerClient>, connections: number) {
    this.leastUnderWay = connections
    // Not recorded: the history would be made of it.
    const unrecorded = <T>(_operation: unknown, call: () => Promise<T>) => call()
    this.#client = new PeerClient(`http://${reach.host}:${reach.port}`, unrecorded, { tenant: 'flood', connections })
    this.#writers = Array.from({ length: connections }, () => this.#write())
  }

  async #write(): Promise<void> {
    while (!this.#isOver && this.#left-- > 0) {
      this.#underWay++
      try {
        await this.#client.transaction(largeWrite)
        this.#answeredAtMs.push(nowMs())
      } catch (error) {
        if (!(error instanceof PeerCallError && error.status === 429)) throw error
        this.refusedCount++
      } finally {
        if (!this.#isOver && this.#answeredAtMs.length > 0)
          this.leastUnderWay = Math.min(this.leastUnderWay, this.#underWay)
        this.#underWay--
      }
    }
  }

  get answeredCount(): number {
    return this.#answeredAtMs.length
  }

  answeredBetween(fromMs: number, toMs: number): number {
    return this.#answeredAtMs.filter((atMs) => atMs > fromMs && atMs < toMs).length
  }

  async answers(count: number): Promise<void> {
    await this.#reaches('be answered', count, () => this.answeredCount)
  }

  async refusals(count: number): Promise<void> {
    await this.#reaches('be turned away', count, () => this.refusedCount)
  }

  async #reaches(what: string, count: number, probe: () => number): Promise<void> {
    const until = (reading: number) => reading >= count
    await awaitReading({ what: `${count} writes of the flood to ${what}`, budget: budgets.catchUp, probe, until })
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#writers)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await this.#client.close()
  }
}

function latencyP99Ms(timed: readonly Timed[]): number {
  const latencies = timed.map(({ startedAtMs, endedAtMs }) => endedAtMs - startedAtMs).sort(ascending)
  return latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN
}

function ascending(a: number, b: number): number {
  return a - b
}
