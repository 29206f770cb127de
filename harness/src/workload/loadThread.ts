/** A worker thread of the load generator: loads the scenarios from their module and carries its share of each window. */
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../base/errors.ts'
import { carryShare } from './share.ts'
import type { OpenScenarios, ThreadMessage, ThreadOrder } from './threads.ts'

const { module, data } = workerData as { module: string; data: unknown }
const tell = (message: ThreadMessage) => parentPort?.postMessage(message)
let stop = new AbortController()

try {
  const { openScenarios } = (await import(module)) as {
    openScenarios: (data: unknown) => OpenScenarios | Promise<OpenScenarios>
  }
  const opened = await openScenarios(data)
  parentPort?.on('message', async (told: ThreadOrder) => {
    try {
      if (told.type === 'stop') stop.abort()
      else if (told.type === 'close') {
        await opened.close?.()
        tell({ type: 'closed' })
      } else {
        stop = new AbortController()
        const onProgress = (ended: { runs: number; failed: number }) => tell({ type: 'progress', ...ended })
        const report = await carryShare(told.order, opened.scenarios, { onProgress, signal: stop.signal })
        tell({ type: 'report', report })
      }
    } catch (error) {
      tell({ type: 'broken', message: messageOf(error) })
    }
  })
  tell({ type: 'ready' })
} catch (error) {
  tell({ type: 'broken', message: `${module} gave no scenarios: ${messageOf(error)}` })
}
