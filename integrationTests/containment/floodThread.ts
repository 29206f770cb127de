/** The thread of a flood: writes of one tenant over many connections, each begun as soon as the one before was answered. Bounded in count. */

import { parentPort, workerData } from 'node:worker_threads'
import { nowMs } from '@breakwater/harness'
import { PeerCallError, PeerClient } from '../../fixtures/systems/peer/client.ts'
import type { FloodFigures, FloodOrder, FloodPlan } from './flood.ts'

const { origin, connections, write } = workerData as FloodPlan
// Not recorded: the history would be made of it.
const unrecorded = <T>(_operation: unknown, call: () => Promise<T>) => call()
const client = new PeerClient(origin, unrecorded, { tenant: 'flood', connections })
const figures: FloodFigures = { answered: [], refusedCount: 0, leastUnderWay: connections }
let underWay = 0
let left = 50_000
let isOver = false

async function go(): Promise<void> {
  while (!isOver && left-- > 0) {
    underWay++
    const startedAtMs = nowMs()
    try {
      await client.transaction(write)
      figures.answered.push({ startedAtMs, endedAtMs: nowMs() })
    } catch (error) {
      if (!(error instanceof PeerCallError && error.status === 429)) throw error
      figures.refusedCount++
    } finally {
      if (!isOver && figures.answered.length > 0) figures.leastUnderWay = Math.min(figures.leastUnderWay, underWay)
      underWay--
    }
  }
}

const writers = Promise.all(Array.from({ length: connections }, go))
parentPort?.on('message', async (order: FloodOrder) => {
  if (order === 'stop') {
    isOver = true
    await writers
    await client.close()
  }
  parentPort?.postMessage(figures)
})
