import { appendFileSync } from 'node:fs'
import { nowMs } from '../base/clock.ts'
import { HarnessError } from '../base/errors.ts'
import { formatMs } from '../base/units.ts'
import { HandleProbe } from '../probe/handles.ts'
import { MemoryProbe } from '../probe/memory.ts'
import { samplePathOf } from '../probe/sampleFile.ts'
import { awaitFrozen, killBudgetMs, membersOf, type ProcessGroup, signalGroup, sweepGroups } from './processGroup.ts'
import type { Exit, LaunchPlan } from './runtime.ts'
import { StartedLife } from './startedLife.ts'
import { watchdog } from './watchdog.ts'

export interface Ended {
  exitCode?: number | undefined
  signal?: string | undefined
}

/** A node as a process group of its own; its leader is the node, and the leader's end is the end of the life. */
export class ProcessLife extends StartedLife {
  readonly group: ProcessGroup
  readonly exited: Promise<Exit>
  readonly memory: MemoryProbe
  protected readonly handles: HandleProbe

  constructor(plan: LaunchPlan, group: ProcessGroup, startedAtMs: number, ended: Promise<Ended>) {
    super(plan, startedAtMs)
    this.group = group
    this.memory = new MemoryProbe(group.groupId, { samplePath: samplePathOf(plan.logPath) })
    this.memory.start()
    this.handles = new HandleProbe(group.groupId, samplePathOf(plan.logPath, 'handles'))
    this.exited = ended.then((end) => this.#ended(end))
  }

  get pid(): number {
    return this.group.groupId
  }

  override keep(): void {
    super.keep()
    watchdog.keep(this.pid)
  }

  async pause(): Promise<void> {
    this.paused = true
    const isThere = this.exit === undefined && signalGroup(this.pid, 'SIGSTOP')
    if (isThere && (await awaitFrozen(this.group, true)) > 0) return
    this.paused = false
    throw new HarnessError('NODE_EXITED', `${this.name} cannot be paused: it has ended. Open ${this.logPath}.`)
  }

  async resume(): Promise<void> {
    this.paused = false
    if (this.exit !== undefined || !signalGroup(this.pid, 'SIGCONT')) return
    await awaitFrozen(this.group, false)
  }

  protected signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    signalGroup(this.pid, signal)
  }

  protected note(text: string): void {
    appendFileSync(this.logPath, `breakwater ${text}\n`)
  }

  /** Waits for the end of the leader, then kills what it left of its group. */
  protected async gone(): Promise<Exit> {
    if (!(await this.endsWithin(killBudgetMs))) {
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

  #ended({ exitCode = null, signal = null }: { exitCode?: number | null; signal?: string | null }): Exit {
    const exit = this.noteEnd({ code: exitCode, signal, atMs: nowMs() })
    if (membersOf([this.group]).length === 0) watchdog.remove(this.pid)
    return exit
  }
}
