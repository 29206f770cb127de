import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { nowMs } from '../base/clock.ts'
import { HarnessError } from '../base/errors.ts'
import { requireLinux } from '../probe/processTable.ts'
import type { ProcessGroup } from './processGroup.ts'

/** Put into the environment of every node: the janitor also finds what was never put on its list. */
export const runnerTagName = 'BREAKWATER_RUNNER'

const janitorPath = fileURLToPath(new URL('./janitor.js', import.meta.url))
const quickEndMs = 1_000
const quickEndsAllowed = 3

/**
 * Sees to it that nothing outlives this process, even when it is killed without warning: a detached janitor, one for each
 * runner, whose standard input ends with us. Started by the first entry; started anew, with the whole list, when it dies.
 */
export class Watchdog {
  /** Value of BREAKWATER_RUNNER for everything that this runner starts. */
  readonly tag: string = randomUUID()
  readonly #groups = new Map<number, number>()
  readonly #folders = new Set<string>()
  readonly #kept = new Set<number>()
  /** Lines about containers, as they were told: labels, and what is spared in spite of them. */
  readonly #containerLines = new Set<string>()
  #janitor: ChildProcess | undefined
  #startedAtMs = 0
  #quickEnds = 0

  /** Undefined until something was put on the list. */
  get janitorPid(): number | undefined {
    return this.#janitor?.pid
  }

  /** Starts the janitor if there is none. Takes a few ms; does not wait until it has booted: the pipe keeps what is written. */
  start(): void {
    if (this.#janitor !== undefined) return
    requireLinux('The watchdog')
    if (this.#quickEnds >= quickEndsAllowed) {
      throw new HarnessError(
        'PLATFORM_LACKS',
        `The watchdog process ended ${this.#quickEnds} times within ${quickEndMs} ms of its start; without it a killed run would leave nodes behind. Try: node ${janitorPath} < /dev/null`,
      )
    }
    const { NODE_OPTIONS: _ours, NODE_V8_COVERAGE: _coverage, ...env } = process.env
    const janitor = spawn(process.execPath, [janitorPath], {
      // A session of its own: Ctrl-C in the terminal and the end of the terminal do not reach it.
      detached: true,
      cwd: '/',
      env: { ...env, [runnerTagName]: this.tag },
      stdio: ['pipe', 'ignore', 'inherit'],
    })
    this.#janitor = janitor
    this.#startedAtMs = nowMs()
    janitor.once('exit', () => this.#ended(janitor))
    janitor.once('error', () => this.#ended(janitor))
    // A write to a janitor that just died: its end is handled above.
    janitor.stdin?.on('error', () => this.#ended(janitor))
    janitor.unref()
    unrefStream(janitor.stdin)
    for (const [groupId, startTicks] of this.#groups) this.#tell(`add ${groupId} ${startTicks}`)
    for (const folder of this.#folders) this.#tell(`folder ${folder}`)
    for (const groupId of this.#kept) this.#tell(`keep ${groupId}`)
    for (const line of this.#containerLines) this.#tell(line)
  }

  /** From now on the group dies with this process. */
  add(group: ProcessGroup): void {
    this.#groups.set(group.groupId, group.startTicks)
    this.#kept.delete(group.groupId)
    this.start()
    this.#tell(`add ${group.groupId} ${group.startTicks}`)
  }

  /** The group has ended. */
  remove(groupId: number): void {
    if (this.#groups.delete(groupId)) this.#tell(`remove ${groupId}`)
  }

  /** The group is to outlive this process. */
  keep(groupId: number): void {
    this.#groups.delete(groupId)
    this.#kept.add(groupId)
    this.#tell(`keep ${groupId}`)
  }

  /** The temporary folder is removed, with all in it, when this process ends. */
  folder(path: string): void {
    if (path.includes('\n')) throw new HarnessError('BAD_USAGE', `A folder for the watchdog holds a line end: ${path}`)
    this.#folders.add(path)
    this.start()
    this.#tell(`folder ${path}`)
  }

  /** The folder is removed already, or is to stay. */
  forgetFolder(path: string): void {
    if (this.#folders.delete(path)) this.#tell(`forget ${path}`)
  }

  /** Containers, networks and volumes with the label (`key=value`) are removed from this engine when this process ends. */
  label(label: string, engine: { socketPath?: string; host?: string; port?: number }): void {
    this.#containers(`label ${JSON.stringify({ label, engine })}`)
  }

  /** A container or network, by its full id, that is to outlive this process in spite of its label. */
  spare(id: string): void {
    this.#containers(`spare ${id}`)
  }

  /** Keeps every group and folder that is on the list now. */
  release(): void {
    for (const groupId of this.#groups.keys()) this.#kept.add(groupId)
    this.#groups.clear()
    this.#folders.clear()
    this.#containerLines.clear()
    this.#tell('release')
  }

  #containers(line: string): void {
    if (this.#containerLines.has(line)) return
    this.#containerLines.add(line)
    const runs = this.#janitor !== undefined
    this.start()
    if (runs) this.#tell(line)
  }

  #tell(line: string): void {
    this.#janitor?.stdin?.write(`${line}\n`)
  }

  #ended(janitor: ChildProcess): void {
    if (this.#janitor !== janitor) return
    this.#janitor = undefined
    this.#quickEnds = nowMs() - this.#startedAtMs < quickEndMs ? this.#quickEnds + 1 : 0
    const isNeeded = this.#groups.size + this.#folders.size + this.#containerLines.size > 0
    if (isNeeded && this.#quickEnds < quickEndsAllowed) this.start()
    else if (isNeeded)
      process.emitWarning('The watchdog process keeps ending: a killed run would now leave nodes behind.')
  }
}

/** The types call it a plain stream; a pipe to a child is a socket, which would keep this process alive. */
function unrefStream(stream: object | null): void {
  if (stream !== null && 'unref' in stream && typeof stream.unref === 'function') stream.unref()
}

/** The one of this process. */
export const watchdog = new Watchdog()
