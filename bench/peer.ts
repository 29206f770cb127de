import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rows } from '../fixtures/datasets/rows.ts'
import { median, startPeers } from './peerCluster.ts'
import type { BenchRow } from './row.ts'

const batches = 80
const batchRows = 500
const writers = 4
const singles = 300
const writesGoal = 20_000
const replicationGoalMs = 5

/** Durable writes of one peer in batches, and how long a single write takes to be readable on another peer. */
export async function benchPeer(): Promise<BenchRow[]> {
  const one = await startPeers(1)
  const rate = await writesPerSecond(one.cluster.node(0).client)
  await one.stop()
  const bare = bareWritesPerSecond()

  const two = await startPeers(2)
  const [from, to] = [two.cluster.node(0).client, two.cluster.node(1).client]
  const latencies: number[] = []
  for (const row of rows(singles)) {
    const startedAt = performance.now()
    await from.put('rows', row.key, row.value)
    while ((await to.get('rows', row.key)) === undefined);
    latencies.push(performance.now() - startedAt)
  }
  await two.stop()
  const replicationMs = median(latencies)
  return [
    {
      name: `durable writes in batches of ${batchRows}`,
      value: rate,
      unit: 'writes/s',
      goal: `>= ${writesGoal}`,
      met: rate >= writesGoal,
      reference: { name: 'append and fdatasync of the same rows, no server', value: bare },
      ratio: rate / bare,
    },
    {
      name: 'single write until a peer shows it, p50',
      value: replicationMs,
      unit: 'ms',
      goal: `< ${replicationGoalMs} ms`,
      met: replicationMs < replicationGoalMs,
    },
  ]
}

async function writesPerSecond(client: {
  insert(table: string, rows: { key: string; value: unknown }[]): Promise<unknown>
}): Promise<number> {
  const all = Array.from({ length: batches }, (_, at) => rows(batchRows, { from: at * batchRows }))
  const startedAt = performance.now()
  const queue = all.values()
  await Promise.all(
    Array.from({ length: writers }, async () => {
      for (const batch of queue) await client.insert('rows', batch)
    }),
  )
  return (batches * batchRows * 1000) / (performance.now() - startedAt)
}

function bareWritesPerSecond(): number {
  const path = join(tmpdir(), `breakwater-bench-${process.pid}`)
  const file = openSync(path, 'w')
  const batch = Buffer.from(JSON.stringify(rows(batchRows)))
  const startedAt = performance.now()
  for (let at = 0; at < batches; at++) {
    writeSync(file, batch)
    fdatasyncSync(file)
  }
  const perSecond = (batches * batchRows * 1000) / (performance.now() - startedAt)
  closeSync(file)
  rmSync(path)
  return perSecond
}
