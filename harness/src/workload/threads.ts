import { Worker } from 'node:worker_threads'
import { HarnessError, messageOf } from '../base/errors.ts'
import type { Scenario } from './scenario.ts'
import type { ShareOrder, ShareReport } from './share.ts'

/** Where worker threads find the scenarios: functions cannot be handed to them. */
export interface ScenarioModule {
  /** URL of a module that exports `openScenarios(data): OpenScenarios | Promise<OpenScenarios>`. */
  readonly module: string
  /** Told to it; must be plain data. */
  readonly data?: unknown
  /** To begin with. Default 1; more are added while the generator is saturated and there are cores. */
  readonly threads?: number
}

/** What the module gives to each thread: scenarios, and what is to be closed when the load is over. */
export interface OpenScenarios {
  readonly scenarios: readonly Scenario[]
  close?(): Promise<void> | void
}

/** What a thread tells. */
export type ThreadMessage =
  | { type: 'ready' }
  | { type: 'progress'; runs: number; failed: number }
  | { type: 'report'; report: ShareReport }
  | { type: 'closed' }
  | { type: 'broken'; message: string }

export type ThreadOrder = { type: 'carry'; order: ShareOrder } | { type: 'stop' } | { type: 'close' }

interface LoadThread {
  worker: Worker
  progress: { runs: number; failed: number }
}

const closeBudgetMs = 5_000
/** The id of a worker that has ended. */
const noThread = -1

/** The worker threads of one load. They end with this process, whatever becomes of it. */
export class LoadThreads {
  readonly #module: ScenarioModule
  readonly #most: number
  readonly #signal: AbortSignal | undefined
  readonly #threads: LoadThread[] = []

  private constructor(module: ScenarioModule, most: number, signal: AbortSignal | undefined) {
    this.#module = module
    this.#most = most
    this.#signal = signal
  }

  static async open(
    module: ScenarioModule,
    { most, signal }: { most: number; signal?: AbortSignal | undefined },
  ): Promise<LoadThreads> {
    const threads = new LoadThreads(module, Math.max(most, module.threads ?? 1), signal)
    try {
      for (let thread = 0; thread < (module.threads ?? 1); thread++) await threads.#start()
    } catch (error) {
      await threads.close()
      throw error
    }
    return threads
  }

  async carry(
    order: ShareOrder,
    onProgress: ((ended: { runs: number; failed: number }) => void) | undefined,
  ): Promise<ShareReport[]> {
    const of = this.#threads.length
    const stop = () => {
      for (const { worker } of this.#threads) tell(worker, { type: 'stop' })
    }
    this.#signal?.addEventListener('abort', stop)
    try {
      return await Promise.all(
        this.#threads.map(async (thread, index) => {
          thread.progress = { runs: 0, failed: 0 }
          tell(thread.worker, { type: 'carry', order: { ...order, share: { index, of } } })
          const told = await answer(thread.worker, 'report', (progress) => {
            thread.progress = progress
            onProgress?.(this.#soFar())
          })
          return told.report
        }),
      )
    } finally {
      this.#signal?.removeEventListener('abort', stop)
    }
  }

  async grow(): Promise<void> {
    if (this.#threads.length < this.#most) await this.#start()
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#threads.splice(0).map(async ({ worker }) => {
        if (worker.threadId === noThread) return
        const late = setTimeout(() => void worker.terminate(), closeBudgetMs)
        const closed = answer(worker, 'closed').catch(() => undefined)
        tell(worker, { type: 'close' })
        await closed
        clearTimeout(late)
        await worker.terminate()
      }),
    )
  }

  async #start(): Promise<void> {
    const { module, data } = this.#module
    const worker = new Worker(new URL('./loadThread.ts', import.meta.url), {
      workerData: { module, data },
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    this.#threads.push({ worker, progress: { runs: 0, failed: 0 } })
    await answer(worker, 'ready')
  }

  #soFar(): { runs: number; failed: number } {
    const sum = (of: 'runs' | 'failed') => this.#threads.reduce((total, { progress }) => total + progress[of], 0)
    return { runs: sum('runs'), failed: sum('failed') }
  }
}

function tell(worker: Worker, order: ThreadOrder): void {
  worker.postMessage(order)
}

/** The next message of this type. Rejects when the thread breaks or ends instead. */
function answer<Type extends ThreadMessage['type']>(
  worker: Worker,
  type: Type,
  onProgress?: (progress: { runs: number; failed: number }) => void,
): Promise<Extract<ThreadMessage, { type: Type }>> {
  return new Promise((resolve, reject) => {
    const settle = (work: () => void) => {
      worker.off('message', take)
      worker.off('error', broke)
      worker.off('exit', left)
      work()
    }
    const fail = (why: string, cause?: unknown) =>
      settle(() => reject(new HarnessError('BAD_USAGE', `A load thread broke: ${why}.`, { cause })))
    const broke = (error: unknown) => fail(messageOf(error), error)
    const left = (code: number) => fail(`it ended with exit code ${code}`)
    const take = (message: ThreadMessage) => {
      if (message.type === type) settle(() => resolve(message as Extract<ThreadMessage, { type: Type }>))
      else if (message.type === 'progress') onProgress?.(message)
      else if (message.type === 'broken') fail(message.message)
    }
    worker.on('message', take)
    worker.on('error', broke)
    worker.on('exit', left)
  })
}
