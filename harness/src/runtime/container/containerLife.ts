import { constants } from 'node:os'
import type Dockerode from 'dockerode'
import { awaitReading } from '../../base/awaitReading.ts'
import { nowMs } from '../../base/clock.ts'
import { HarnessError, messageOf } from '../../base/errors.ts'
import { formatMs } from '../../base/units.ts'
import { CgroupMemoryProbe } from '../../probe/cgroupMemoryProbe.ts'
import { HandleProbe } from '../../probe/handles.ts'
import { readProcFile } from '../../probe/processTable.ts'
import { samplePathOf } from '../../probe/sampleFile.ts'
import type { Exit, LaunchPlan } from '../runtime.ts'
import { StartedLife } from '../startedLife.ts'
import type { LogFollower } from './logFollower.ts'

/** The engine takes about 0.2 s to kill; a large memory to give back and a busy machine add to it. */
const killBudgetMs = 15_000
const pidBudgetMs = 2_000

export interface ContainerLifeParts {
  plan: LaunchPlan
  container: Dockerode.Container
  /** Process 1 of the container, as this machine numbers it; 0 when it has ended already. */
  initPid: number
  startedAtMs: number
  log: LogFollower
  onKeep: () => void
}

/** One process life in a container of its own. The container goes with the life: what stays are the shared folders. */
export class ContainerLife extends StartedLife {
  readonly pid: number
  readonly host: string
  readonly memory: CgroupMemoryProbe
  protected readonly handles: HandleProbe
  readonly exited: Promise<Exit>
  /** Settles when the engine has forgotten the container; rejects when it would not. */
  readonly removed: Promise<void>
  readonly container: Dockerode.Container
  readonly #parts: ContainerLifeParts

  private constructor(parts: ContainerLifeParts, pid: number) {
    super(parts.plan, parts.startedAtMs)
    this.#parts = parts
    this.host = parts.plan.host
    this.container = parts.container
    this.pid = pid
    this.memory = new CgroupMemoryProbe(pid, { samplePath: samplePathOf(parts.plan.logPath) })
    this.memory.start()
    this.handles = new HandleProbe(pid, samplePathOf(parts.plan.logPath, 'handles'))
    this.exited = this.#awaitEnd()
    this.removed = this.exited.then(() => (this.kept ? undefined : removeContainer(this.container)))
    this.removed.catch(() => {}) // whoever needs it gone awaits it, and close() always does
  }

  /** Waits some ms until the init has started the node, so that memory is that of the node and not of the init. */
  static async begin(parts: ContainerLifeParts): Promise<ContainerLife> {
    return new ContainerLife(parts, await pidOfNode(parts))
  }

  /** Process 1 of the container, as this machine numbers it. */
  get initPid(): number {
    return this.#parts.initPid
  }

  /** Folders that are RAM disks of this life. */
  get ramDisks(): readonly string[] {
    return Object.keys(this.#parts.plan.container?.ramDisks ?? {})
  }

  get containerId(): string {
    return this.container.id
  }

  override keep(): void {
    super.keep()
    this.#parts.onKeep()
  }

  /** The engine's freezer stops every thread of the container at once, whatever signals they block. */
  async pause(): Promise<void> {
    if (this.exit === undefined && (await answered(this.container.pause()))) {
      this.paused = true
      return
    }
    throw new HarnessError('NODE_EXITED', `${this.name} cannot be paused: it has ended. Open ${this.logPath}.`)
  }

  async resume(): Promise<void> {
    const wasPaused = this.paused
    this.paused = false
    if (this.exit === undefined && wasPaused) await answered(this.container.unpause())
  }

  protected async signal(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await answered(this.container.kill({ signal }))
  }

  protected note(text: string): void {
    this.#parts.log.note(text)
  }

  protected async gone(): Promise<Exit> {
    if (!(await this.endsWithin(killBudgetMs))) {
      throw new HarnessError(
        'LEFT_BEHIND',
        `${this.name} (container ${this.container.id.slice(0, 12)}) did not end within ${formatMs(killBudgetMs)} of SIGKILL.`,
      )
    }
    await this.removed
    return this.exited
  }

  async #awaitEnd(): Promise<Exit> {
    const { StatusCode: code } = (await this.container.wait()) as { StatusCode: number }
    const atMs = nowMs()
    const { State } = await this.container.inspect()
    await this.#parts.log.drained()
    return this.noteEnd({ code, signal: signalOf(code), atMs, oomKilled: State.OOMKilled })
  }
}

/** Also what is running or paused. A container that is gone already, or being removed, is no error. */
export async function removeContainer(container: Dockerode.Container): Promise<void> {
  try {
    await container.remove({ force: true, v: true })
  } catch (error) {
    const { statusCode } = error as { statusCode?: number }
    if (statusCode !== 404 && statusCode !== 409) throw error
  }
}

/** False when the container has ended meanwhile, is about to, or is gone. */
async function answered(call: Promise<unknown>): Promise<boolean> {
  try {
    await call
    return true
  } catch (error) {
    const { statusCode } = error as { statusCode?: number }
    if (statusCode === 404 || statusCode === 409) return false
    // The engine thaws by itself what it is asked to kill, and answers 500 to whoever would thaw it as well.
    if (/not (paused|running)|cannot resume a stopped/.test(messageOf(error))) return false
    throw error
  }
}

/** An engine tells an end by a signal as 128 and its number, as a shell does. */
function signalOf(statusCode: number): NodeJS.Signals | null {
  const found = Object.entries(constants.signals).find(([, number]) => number + 128 === statusCode)
  return found ? (found[0] as NodeJS.Signals) : null
}

/** The init's only child; the init itself where it has none, because the node has ended. */
async function pidOfNode({ initPid, plan }: ContainerLifeParts): Promise<number> {
  if (initPid === 0) return 0
  const children = await awaitReading({
    what: `the init of ${plan.node} to start it`,
    budget: pidBudgetMs,
    probe: () => readProcFile(`/proc/${initPid}/task/${initPid}/children`),
    until: (text) => text === undefined || text.trim() !== '',
    everyMs: 1,
  })
  return Number(children?.trim().split(' ')[0] ?? 0)
}
