import { awaitReading, type GuardRun, type Node, type Random } from '@breakwater/harness'
import { expect } from 'vitest'
import type { PeerClient, ShardStatus } from '../../fixtures/systems/peer/client.ts'
import { budgets } from '../budgets.ts'
import { agreeOnLeader, expectOneLeaderPerTerm as oneLeaderPerTerm, whileAlive } from '../leaders.ts'
import { moreAcknowledged } from '../moreAcknowledged.ts'

export type PeerNode = Node<PeerClient>

export const shard = 's1'
/** One shard, with a replica on each of three nodes. */
export const oneShard = [{ name: shard, replicas: ['n1', 'n2', 'n3'] }]

export async function statusOf(node: PeerNode, name = shard): Promise<ShardStatus | undefined> {
  return (await node.client.shards()).find((each) => each.name === name)
}

/** Waits until one of these nodes leads and all the others of them that run follow it. */
export function agreedLeader(nodes: readonly PeerNode[], name = shard, budget = budgets.failover): Promise<PeerNode> {
  const leaderOf = async (client: PeerClient) => (await client.shards()).find((each) => each.name === name)?.leader
  return agreeOnLeader(nodes, name, leaderOf, budget)
}

/** Waits until every replica has applied what any has committed; they hold the same then. */
export async function replicasEqual(nodes: readonly PeerNode[], name = shard): Promise<void> {
  const statuses = await awaitReading({
    what: `the replicas of ${name} to apply the same`,
    budget: budgets.healConvergence,
    probe: () => Promise.all(nodes.map((node) => statusOf(node, name))),
    until: (each) =>
      each.every((one) => one && one.appliedIndex === Math.max(...each.map((of) => of?.commitIndex ?? 0))),
    describe: (each) => each.map((one) => `${one?.appliedIndex} of ${one?.commitIndex}`).join(', '),
    open: () => nodes[0]?.log.path ?? 'no log',
  })
  expect(new Set(statuses.map((each) => each?.digest)).size, 'the replicas of a shard hold the same').toBe(1)
}

/** A claim of every guard of leader tables. Returns how many terms had a leader. */
export function expectOneLeaderPerTerm(nodes: readonly PeerNode[], name = shard): number {
  return oneLeaderPerTerm(nodes, name)
}

/** Writers that go on until told to stop, each with keys of its own; one that is refused goes to the next node. */
export class Writers {
  #acknowledged = 0
  #isStopped = false
  readonly #done: Promise<unknown>

  constructor(nodes: readonly PeerNode[], table: string, options: { keysEach: number; mostEach: number }) {
    this.#done = Promise.all(nodes.map((_, writer) => this.#write(nodes, writer, table, options)))
  }

  async #write(
    nodes: readonly PeerNode[],
    writer: number,
    table: string,
    { keysEach, mostEach }: { keysEach: number; mostEach: number },
  ): Promise<void> {
    let turn = writer
    for (let at = 0; at < mostEach && !this.#isStopped; at++) {
      const node = nodes[turn % nodes.length] as PeerNode
      try {
        await whileAlive(node, (client) => client.leaderPut(table, keyOf(writer, at % keysEach), `${writer}.${at}`))
        this.#acknowledged++
      } catch {
        // The history keeps whether it was refused or cannot be known.
        turn++
      }
    }
  }

  /** Waits until so many more writes are acknowledged, of whichever writer. */
  acknowledge(count: number, budget = budgets.failover): Promise<void> {
    return moreAcknowledged(count, () => this.#acknowledged, budget)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#done
  }
}

function keyOf(writer: number, at: number): string {
  return `w${writer}-${at}`
}

/** A client on each node that reads, writes and compares a few keys, one thing after the other, until told to stop. */
export class MixedClients {
  readonly #acknowledged = new Map<PeerNode, number>()
  readonly #attempted = new Map<PeerNode, number>()
  #isStopped = false
  readonly #done: Promise<unknown>

  constructor(nodes: readonly PeerNode[], table: string, random: Random) {
    this.#done = Promise.all(nodes.map((node) => this.#go(node, table, random)))
  }

  async #go(node: PeerNode, table: string, random: Random): Promise<void> {
    const { client } = node
    const seen = new Map<string, unknown>()
    for (let at = 0; at < mostOperations && !this.#isStopped; at++) {
      const key = `k${random.integer(0, 2)}`
      const value = `${node.name}.${at}`
      const act = random.pick(['read', 'read', 'write', 'cas'])
      this.#attempted.set(node, (this.#attempted.get(node) ?? 0) + 1)
      try {
        if (act === 'read') seen.set(key, (await client.leaderGet(table, key)) ?? null)
        else if (act === 'write') await client.leaderPut(table, key, value)
        else await client.leaderCas(table, key, seen.get(key) ?? null, value)
        this.#acknowledged.set(node, (this.#acknowledged.get(node) ?? 0) + 1)
      } catch {
        // The history keeps whether it was refused or cannot be known.
      }
    }
  }

  /** Waits until so many more operations through these nodes together are acknowledged. */
  acknowledge(nodes: readonly PeerNode[], count: number): Promise<void> {
    return more(this.#acknowledged, nodes, count, 'acknowledged')
  }

  attempt(nodes: readonly PeerNode[], count: number): Promise<void> {
    return more(this.#attempted, nodes, count, 'attempted')
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#done
  }
}

const mostOperations = 5_000

async function more(
  counts: ReadonlyMap<PeerNode, number>,
  nodes: readonly PeerNode[],
  count: number,
  how: string,
): Promise<void> {
  const sum = () => nodes.reduce((total, node) => total + (counts.get(node) ?? 0), 0)
  const least = sum() + count
  await awaitReading({
    what: `${count} more operations to be ${how} on ${nodes.map((node) => node.name).join(', ')}`,
    budget: budgets.failover,
    probe: sum,
    until: (total) => total >= least,
    everyMs: 2,
  })
}

/** Reads every key that was written through this node, for the history, and as what the shard holds. */
export async function readBack(run: GuardRun, node: PeerNode, table: string): Promise<void> {
  const written = run.history.operations.filter((each) => each.table === table && each.kind === 'write')
  const keys = [...new Set(written.map((each) => each.key as string))]
  await run.recorder.observe({ node: node.name, what: 'rows', table }, async () => {
    const rows: { key: string; value: unknown }[] = []
    for (const key of keys) {
      const value = await node.client.leaderGet(table, key)
      if (value !== undefined) rows.push({ key, value })
    }
    return rows
  })
}
