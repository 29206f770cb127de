import {
  awaitReading,
  type BreakableCluster,
  type Budget,
  type GuardRun,
  KiB,
  type Node,
  nowMs,
} from '@breakwater/harness'
import { expect } from 'vitest'
import { rows } from '../../fixtures/datasets/rows.ts'
import { PeerClient } from '../../fixtures/systems/peer/client.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

export interface Backlog {
  transactions: number
  recordsEach: number
  payloadBytes: number
  /** Default: the catch-up budget of all guards. */
  catchUp?: Budget
  /** For how long nothing may arrive before no more is expected. Default 500 ms; a receiver near its limits pauses longer. */
  stillMs?: number
}

export interface Footprint {
  /** The kernel's high-water mark of resident memory, bytes. */
  peakBytes: number
  /** The same above what was resident when the node was ready and had received nothing yet. */
  grownBytes: number
}

const logSyncs = { operations: ['sync'], pathIncludes: '/log/' } as const

/** Writes the backlog while the receiver is down, and reads its memory over the whole catch-up. */
export async function catchUp(
  run: GuardRun,
  backlog: Backlog,
  limits: { memoryLimitBytes?: number; env?: Readonly<Record<string, string>> } = {},
): Promise<Footprint> {
  const cluster = await run.startCluster({ system: peer, nodes: 2, ...limits })
  const [sender, receiver] = cluster.nodes
  await cluster.kill(receiver)
  await write(run, sender, backlog)
  const cut = await cluster.partition(sender, receiver)
  await receiver.start()
  await cut.tookEffect()
  const footprint = await footprintWhileDiskStands(cluster, backlog, () => cut.heal())
  expect(receiver.incarnation, 'the receiver did not restart').toBe(2)
  return footprint
}

/**
 * Holds every sync of the receiver's log, lets data arrive until no more does, and lets the disk go on: what a receiver
 * is ready to take in shows in its memory then. The disk goes on slowly, or the peak of a good receiver would be made of
 * buffers that the garbage collector had no time for. Ends when it holds every row.
 */
export async function footprintWhileDiskStands(
  cluster: BreakableCluster<PeerClient, 2>,
  { transactions, recordsEach, stillMs = 500, catchUp: budget = budgets.catchUp }: Backlog,
  letArrive: () => Promise<void>,
): Promise<Footprint> {
  const [sender, receiver] = cluster.nodes
  const held = await cluster.failDisk(receiver, { ...logSyncs, effect: { type: 'hold' } })
  const { memory } = receiver
  const readyBytes = memory.rssBytes()
  memory.resetPeak()
  const { bytesPassed } = cluster.link(sender, receiver)
  await letArrive()
  await arrivalStops(cluster, bytesPassed, { stillMs, budget })
  expect(held, 'the disk stood still').toHaveFired()
  const slow = await cluster.failDisk(receiver, { ...logSyncs, effect: { type: 'delay', ms: 20 } })
  await held.heal()

  const total = transactions * recordsEach
  await awaitReading({
    what: `${receiver.name} to hold ${total} rows`,
    budget,
    probe: () => receiver.client.count('rows'),
    until: (count) => count >= total,
    open: () => receiver.log.path,
    signal: receiver.endsUnasked,
  })
  const peakBytes = memory.peakBytes()
  await slow.heal()
  await cluster.converged(budgets.healConvergence)
  expect(await receiver.client.count('rows'), 'the receiver holds each row once').toBe(total)
  expect(receiver.log, 'the receiver never ran out of memory').toLack(/out of memory|heap limit/i)
  return { peakBytes, grownBytes: peakBytes - readyBytes }
}

/** Each transaction is one replication message. The history keeps that it was written, and not 100 MB of payload. */
export async function write(run: GuardRun, sender: Node<PeerClient>, backlog: Backlog): Promise<void> {
  const { transactions, recordsEach, payloadBytes } = backlog
  const { host, port } = sender.plan.reach
  const writer = new PeerClient(`http://${host}:${port}`, ({ value, ...operation }, call, result) =>
    run.recorder.run({ client: 'writer', node: sender.name, ...operation }, call, result),
  )
  try {
    for (let at = 0; at < transactions; at++) {
      await writer.insert('rows', rows(recordsEach, { from: at * recordsEach, payloadBytes }))
    }
  } finally {
    await writer.close()
  }
}

/** The receiver, which serves reads all the while, has been sent something and then for `stillMs` only heartbeats. */
async function arrivalStops(
  cluster: BreakableCluster<PeerClient, 2>,
  bytesBefore: number,
  { stillMs, budget }: { stillMs: number; budget: Budget },
): Promise<void> {
  const [sender, receiver] = cluster.nodes
  const link = cluster.link(sender, receiver)
  let moved = { bytes: bytesBefore, atMs: nowMs() }
  await awaitReading({
    what: `data to stop arriving at ${receiver.name}`,
    budget,
    probe: async () => {
      await receiver.client.count('rows')
      return link.bytesPassed
    },
    until: (bytes) => {
      if (bytes - moved.bytes > 64 * KiB) moved = { bytes, atMs: nowMs() }
      return moved.bytes > bytesBefore && nowMs() - moved.atMs > stillMs
    },
    open: () => receiver.log.path,
    signal: receiver.endsUnasked,
  })
}
