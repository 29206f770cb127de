import { appendFileSync } from 'node:fs'
import { after, nowMs } from '../base/clock.ts'
import { HarnessError } from '../base/errors.ts'
import { formatMs } from '../base/units.ts'
import { MemoryProbe } from '../probe/memory.ts'
import { type ProcessReading, readProcess } from '../probe/processReading.ts'
import { samplePathOf } from '../probe/sampleFile.ts'
import { awaitFrozen, killBudgetMs, membersOf, type ProcessGroup, signalGroup, sweepGroups } from './processGroup.ts'
import type { Exit, LaunchPlan, Life } from './runtime.ts'
import { watchdog } from './watchdog.ts'

const stopBudgetMs = 5_000

export interface Ended {
  exitCode?: number | undefined
  signal?: string | undefined
}

/** A node as a process group of its own; its leader is the node, and the leader's end is the end of the life. */
export class ProcessLife implements Life {
  readonly node: string
  readonly incarnation: number
  readonly startedAtMs: number
  readonly logPath: string
  readonly group: ProcessGroup
  readonly exited: Promise<Exit>
  readonly memory: MemoryProbe
  #exit: Exit | undefined
  #kept = false
  #paused = false
  #askedToEnd = false
  #askedToDie = false
  #forced = false

  constructor(plan: LaunchPlan, group: ProcessGroup, startedAtMs: number, ended: Promise<Ended>) {
    this.node = plan.node
    this.incarnation = plan.incarnation
    this.startedAtMs = startedAtMs
    this.logPath = plan.logPath
    this.group = group
    this.memory = new MemoryProbe(group.groupId, { samplePath: samplePathOf(plan.logPath) })
    this.memory.start()
    this.exited = ended.then((end) => this.#noteEnd(end))
  }

  /** "n1.2": the node's name and which of its lives this is. */
  get name(): string {
    return `${this.node}.${this.incarnation}`
  }

  get pid(): number {
    return this.group.groupId
  }

  get exit(): Exit | undefined {
    return this.#exit
  }

  get kept(): boolean {
    return this.#kept
  }

  keep(): void {
    this.#kept = true
    watchdog.keep(this.pid)
  }

  reading(): ProcessReading | undefined {
    return this.#exit === undefined ? readProcess(this.pid) : undefined
  }

  async kill(): Promise<Exit> {
    if (this.#exit === undefined) {
      this.#askedToDie = true
      // The last reading before the end makes the peak that the probe will go on telling exact.
      this.memory.rssBytes()
      signalGroup(this.pid, 'SIGKILL')
    }
    return this.#gone()
  }

  async stop(budgetMs = stopBudgetMs): Promise<Exit> {
    if (this.#exit === undefined) {
      this.#askedToEnd = true
      this.memory.rssBytes()
      signalGroup(this.pid, 'SIGTERM')
      if (this.#paused) signalGroup(this.pid, 'SIGCONT')
      if (!(await this.#endsWithin(budgetMs))) {
        this.#forced = true
        this.#askedToDie = true
        appendFileSync(
          this.logPath,
          `breakwater ${this.name} did not end within ${formatMs(budgetMs)} of SIGTERM and was killed\n`,
        )
        signalGroup(this.pid, 'SIGKILL')
      }
    }
    return this.#gone()
  }

  async pause(): Promise<void> {
    this.#paused = true
    const isThere = this.#exit === undefined && signalGroup(this.pid, 'SIGSTOP')
    if (isThere && (await awaitFrozen(this.group, true)) > 0) return
    this.#paused = false
    throw new HarnessError('NODE_EXITED', `${this.name} cannot be paused: it has ended. Open ${this.logPath}.`)
  }

  async resume(): Promise<void> {
    this.#paused = false
    if (this.#exit !== undefined || !signalGroup(this.pid, 'SIGCONT')) return
    await awaitFrozen(this.group, false)
  }

  /** Waits for the end of the leader, then kills what it left of its group. */
  async #gone(): Promise<Exit> {
    if (!(await this.#endsWithin(killBudgetMs))) {
      throw new HarnessError(
        'LEFT_BEHIND',
        `${this.name} (pid ${this.pid}) did not end within ${formatMs(killBudgetMs)} of SIGKILL.`,
      )
    }
    const exit = await this.exited
    await sweepGroups([this.group])
    watchdog.remove(this.pid)
    return exit
  }

  /** An answer to SIGTERM may be any code; a SIGKILL of ours shows as the signal, so another end was the node's own. */
  #noteEnd(end: Ended): Exit {
    const signal = end.signal ?? null
    this.#exit = {
      code: signal === null ? (end.exitCode ?? null) : null,
      signal,
      atMs: nowMs(),
      asked: this.#askedToEnd || (this.#askedToDie && signal === 'SIGKILL'),
      forced: this.#forced && signal === 'SIGKILL',
    }
    this.memory.close()
    if (membersOf([this.group]).length === 0) watchdog.remove(this.pid)
    return this.#exit
  }

  async #endsWithin(budgetMs: number): Promise<boolean> {
    const ended = new AbortController()
    const spent = after(budgetMs, ended.signal).then(() => false)
    try {
      return await Promise.race([this.exited.then(() => true), spent])
    } finally {
      ended.abort()
    }
  }
}
