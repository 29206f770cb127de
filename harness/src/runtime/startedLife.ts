import { after } from '../base/clock.ts'
import { formatMs } from '../base/units.ts'
import type { HandleProbe } from '../probe/handles.ts'
import type { MemoryProbe } from '../probe/memory.ts'
import { type ProcessReading, readProcess } from '../probe/processReading.ts'
import type { Exit, LaunchPlan, Life } from './runtime.ts'

const stopBudgetMs = 5_000

/** What all lives have in common, wherever they run: who asked for the end, and how it is brought about. */
export abstract class StartedLife implements Life {
  readonly node: string
  readonly incarnation: number
  readonly startedAtMs: number
  readonly logPath: string
  readonly variables: readonly string[]
  abstract readonly pid: number
  abstract readonly memory: MemoryProbe
  protected abstract readonly handles: HandleProbe
  abstract readonly exited: Promise<Exit>
  protected paused = false
  #exit: Exit | undefined
  #kept = false
  #askedToEnd = false
  #askedToDie = false
  #forced = false

  constructor(plan: LaunchPlan, startedAtMs: number) {
    this.node = plan.node
    this.incarnation = plan.incarnation
    this.logPath = plan.logPath
    this.variables = Object.keys(plan.env).sort()
    this.startedAtMs = startedAtMs
  }

  /** "n1.2": the node's name and which of its lives this is. */
  get name(): string {
    return `${this.node}.${this.incarnation}`
  }

  get exit(): Exit | undefined {
    return this.#exit
  }

  get kept(): boolean {
    return this.#kept
  }

  keep(): void {
    this.#kept = true
  }

  reading(): ProcessReading | undefined {
    return this.#exit === undefined ? readProcess(this.pid) : undefined
  }

  async kill(): Promise<Exit> {
    if (this.#exit === undefined) {
      this.#askedToDie = true
      // The last reading before the end makes the peak that the probe will go on telling exact.
      this.memory.rssBytes()
      await this.signal('SIGKILL')
    }
    return this.gone()
  }

  async stop(budgetMs = stopBudgetMs): Promise<Exit> {
    if (this.#exit === undefined) {
      this.#askedToEnd = true
      this.memory.rssBytes()
      await this.signal('SIGTERM')
      if (this.paused) await this.resume()
      if (!(await this.endsWithin(budgetMs))) {
        this.#forced = true
        this.#askedToDie = true
        this.note(`${this.name} did not end within ${formatMs(budgetMs)} of SIGTERM and was killed`)
        await this.signal('SIGKILL')
      }
    }
    return this.gone()
  }

  abstract pause(): Promise<void>
  abstract resume(): Promise<void>

  /** To all of it. No error when it has ended. */
  protected abstract signal(signal: 'SIGTERM' | 'SIGKILL'): void | Promise<void>
  /** After a signal that ends it: resolves when nothing of it is left. Throws LEFT_BEHIND. */
  protected abstract gone(): Promise<Exit>
  /** A line of ours in its log. */
  protected abstract note(text: string): void

  /** An answer to SIGTERM may be any code; a SIGKILL of ours shows as the signal, so another end was the node's own. */
  protected noteEnd({
    code,
    signal,
    atMs,
    oomKilled = false,
  }: Pick<Exit, 'code' | 'signal' | 'atMs' | 'oomKilled'>): Exit {
    const isKilled = signal === 'SIGKILL'
    this.#exit = {
      code: signal === null ? code : null,
      signal,
      atMs,
      asked: this.#askedToEnd || (this.#askedToDie && isKilled && !oomKilled),
      forced: this.#forced && isKilled,
      ...(oomKilled ? { oomKilled } : {}),
    }
    this.memory.close()
    this.handles.close()
    return this.#exit
  }

  /** Whether it has ended, at the latest after this time. */
  async endsWithin(budgetMs: number): Promise<boolean> {
    const ended = new AbortController()
    const spent = after(budgetMs, ended.signal).then(() => false)
    try {
      return await Promise.race([this.exited.then(() => true), spent])
    } finally {
      ended.abort()
    }
  }
}
