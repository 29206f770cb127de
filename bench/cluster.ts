import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { median, startPeers } from './peerCluster.ts'
import type { BenchRow } from './row.ts'

const rounds = 7
const startGoalMs = 1_000
const stopGoalMs = 300

/** From nothing to three connected peers and back. The reference is the same runtime started bare, three times at once. */
export async function benchCluster(): Promise<BenchRow[]> {
  const starts: number[] = []
  const stops: number[] = []
  const bare: number[] = []
  await (await startPeers(3)).stop() // fills the compile cache, which every later run has
  for (let round = 0; round < rounds; round++) {
    bare.push(await bareStartMs())
    const timed = await startPeers(3)
    starts.push(timed.startMs)
    stops.push(await timed.stop())
  }
  const startMs = median(starts)
  const stopMs = median(stops)
  const bareMs = median(bare)
  return [
    {
      name: '3 peers and their links ready for writes',
      value: startMs,
      unit: 'ms',
      goal: `< ${startGoalMs} ms`,
      met: startMs < startGoalMs,
      reference: { name: '3 bare Node.js processes up', value: bareMs },
      ratio: startMs / bareMs,
    },
    {
      name: 'stop and cleanup of 3 peers',
      value: stopMs,
      unit: 'ms',
      goal: `< ${stopGoalMs} ms`,
      met: stopMs < stopGoalMs,
    },
  ]
}

async function bareStartMs(): Promise<number> {
  const startedAt = performance.now()
  const children = [1, 2, 3].map(() => spawn(process.execPath, ['-e', 'process.stdout.write("up")']))
  await Promise.all(children.map((child) => once(child.stdout, 'data')))
  const elapsedMs = performance.now() - startedAt
  await Promise.all(children.map((child) => (child.exitCode === null ? once(child, 'exit') : undefined)))
  return elapsedMs
}
