import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { awaitReading } from '../base/awaitReading.ts'
import { nowMs } from '../base/clock.ts'
import { HarnessError, Inconclusive, messageOf } from '../base/errors.ts'
import { shownPath } from '../base/shownPath.ts'
import { formatBytes, formatMs } from '../base/units.ts'
import type { LogReader } from '../probe/logReader.ts'
import type { MemoryProbe } from '../probe/memory.ts'
import { ErrorsReader, type NodeError } from '../probe/nodeErrors.ts'
import type { Control } from '../runtime/control.ts'
import { whatToDo } from '../runtime/preloadMissing.ts'
import type { Exit, Life, Runtime } from '../runtime/runtime.ts'
import { blindAmong, demandPreload, helloBudgetMs, type Inside, serversOf } from './demandPreload.ts'
import { howToRun, type NodeLimits } from './howToRun.ts'
import { NodeLog } from './nodeLog.ts'
import type { NodePlan, System } from './system.ts'

const readyBudgetMs = 10_000
const beforeReady = 'before it was ready'
const unasked = 'although nobody asked it to'

export interface NodeParts<Client> {
  plan: NodePlan
  system: System<Client>
  client: Client
  runtime: Runtime
  control: Control
  /** Where the logs and samples of each incarnation go: <name>.<incarnation>.log */
  artifactFolder: string
  /** Added to every incarnation's environment. */
  env: Readonly<Record<string, string>>
  limits: NodeLimits
  /** Holds its data folder and the journal of what its lives have changed on disk and not synced. Absent: nothing is journaled. */
  ownFolder?: string
  /** `image` is what a container was started from. */
  onLife: (life: Life, image: string | undefined) => void
}

/** What a test says may happen to a node; everything else that ends or throws in it fails the test. */
interface Declared {
  exits: boolean
  errors: RegExp[]
}

/** One stable identity across restarts. Each process life is an incarnation of it, counted from 1. */
export class Node<Client = unknown> {
  readonly plan: NodePlan
  readonly client: Client
  readonly control: Control
  readonly log: NodeLog
  readonly lives: Life[] = []
  /** Set for one-off changes between incarnations: a knob of the system, a preload. */
  env: Record<string, string>
  readonly #parts: NodeParts<Client>
  readonly #errors: ErrorsReader[] = []
  #contract: string | undefined
  #diskJournal: string | undefined
  readonly #declared: Declared = { exits: false, errors: [] }
  #nextLife = Promise.withResolvers<Life>()
  #endsUnasked = new AbortController()
  #forgotten = 0
  /** Processes that served when the current incarnation was ready. */
  #servers: readonly number[] = []
  /** Incarnations that came to serve, and when (ms since the epoch). */
  readonly #ready = new Map<number, number>()

  constructor(parts: NodeParts<Client>) {
    this.#parts = parts
    this.plan = parts.plan
    this.client = parts.client
    this.control = parts.control
    this.log = new NodeLog(parts.plan.name)
    this.env = { ...parts.env }
  }

  get name(): string {
    return this.plan.name
  }

  /** Where it lives; undefined in a cluster without regions. */
  get region(): string | undefined {
    return this.plan.region
  }

  get incarnation(): number {
    return this.#forgotten + this.lives.length
  }

  get running(): boolean {
    return this.lives.length > 0 && this.life.exit === undefined
  }

  /** The newest life, also after its end. */
  get life(): Life {
    const life = this.lives.at(-1)
    if (!life) throw new Error(`${this.name} was never started`)
    return life
  }

  /** Memory of the current incarnation, read from outside from its first moment. */
  get memory(): MemoryProbe {
    return this.life.memory
  }

  /** Starts a new incarnation on the same address and data, and waits until it serves. */
  async start(budgetMs = readyBudgetMs): Promise<void> {
    if (this.running) throw new Error(`${this.name} is running already; restart() it, or kill() it first`)
    await this.launch()
    await this.awaitReady(budgetMs)
  }

  /** Spawns the next incarnation without waiting for it to serve. */
  async launch(): Promise<Life> {
    const incarnation = this.incarnation + 1
    const base = join(this.#parts.artifactFolder, `${this.name}.${incarnation}`)
    const errorsPath = `${base}.errors.jsonl`
    const { runtime, system, limits, artifactFolder, ownFolder } = this.#parts
    if (ownFolder !== undefined) this.#diskJournal = journalFolder(ownFolder, this.plan.dataFolder)
    const how = await howToRun(runtime.name, system, this.plan, {
      limits,
      shared: [ownFolder ?? this.plan.dataFolder, this.control.path, artifactFolder],
    })
    this.#contract = how.contract
    this.#servers = []
    const launched = runtime.launch({
      node: this.name,
      incarnation,
      host: this.plan.bind.host,
      command: how.command,
      env: {
        ...how.env,
        ...this.env,
        ...nodeOptionsOf(how.env, this.env),
        ...this.control.environment(),
        ...(this.#diskJournal === undefined
          ? {}
          : { BREAKWATER_DISK_JOURNAL: this.#diskJournal, BREAKWATER_DISK_ROOT: this.plan.dataFolder }),
        BREAKWATER_NODE: this.name,
        BREAKWATER_INCARNATION: String(incarnation),
        BREAKWATER_ERRORS: errorsPath,
      },
      cwd: this.plan.dataFolder,
      ...(how.container === undefined ? {} : { container: how.container }),
      logPath: `${base}.log`,
    })
    const life = await launched.catch((cause: unknown) => {
      if (this.#contract === undefined) throw cause
      throw new HarnessError('NODE_NOT_READY', `${messageOf(cause)}${this.#must()}`, { cause })
    })
    const endsUnasked = new AbortController()
    this.#endsUnasked = endsUnasked
    void life.exited.then((exit) => {
      if (!exit.asked) endsUnasked.abort(this.#exitError(life, exit, unasked))
    })
    this.lives.push(life)
    this.log.open(`${base}.log`)
    this.#errors.push(new ErrorsReader(errorsPath))
    this.#parts.onLife(life, how.container?.image)
    this.#nextLife.resolve(life)
    this.#nextLife = Promise.withResolvers()
    return life
  }

  /** Where its changes on disk are journaled, since the last cut of its power; undefined in a cluster whose power is not cut. */
  get diskJournal(): string | undefined {
    return this.#diskJournal
  }

  /** Resolves when the next incarnation is spawned, by whomever; never, if there is none. */
  get nextLife(): Promise<Life> {
    return this.#nextLife.promise
  }

  /**
   * Aborts when the current incarnation ends although nobody asked it to; the reason is the error that says how. For waits
   * that such an end makes pointless.
   */
  get endsUnasked(): AbortSignal {
    return this.#endsUnasked.signal
  }

  get harmlessBlindSpots(): RegExp | undefined {
    return this.#parts.system.harmlessBlindSpots
  }

  /** Waits until the system's readiness probe is true; ends at once when the process ends. */
  async awaitReady(budgetMs = readyBudgetMs): Promise<void> {
    const ended = new AbortController()
    const life = this.life
    void life.exited.then((exit) => ended.abort(this.#exitError(life, exit, beforeReady)))
    await awaitReading({
      what: `${this.name} to be ready`,
      budget: budgetMs,
      probe: () => this.#parts.system.ready(this.plan),
      until: (ready) => ready,
      everyMs: 3,
      open: () => shownPath(life.logPath),
      signal: ended.signal,
    }).catch((error) => {
      if (ended.signal.aborted) throw ended.signal.reason
      throw new HarnessError(
        'NODE_NOT_READY',
        `${messageOf(error)} Its last line: ${lastLine(this.#logOf(life.incarnation))}.${this.#must()}`,
        {
          cause: error,
        },
      )
    })
    if (this.#contract !== undefined) await this.#keepsContract()
    this.#ready.set(life.incarnation, nowMs())
    if (this.#diskJournal !== undefined) this.#servers = serversOf(this.#inside(life))
    // What was armed before this life must be armed in it, too.
    const standing = this.control.standing()
    if (standing.length > 0) await demandPreload(this.#inside(life), `${standing.join(', ')} cannot be armed in it`)
  }

  /** True once the incarnation has served. */
  served(incarnation: number): boolean {
    return this.#ready.has(incarnation)
  }

  /**
   * What a fault inside the node, and every look into it, needs: the preload is in the current incarnation. A node
   * that is down is looked at when it starts. Throws FAULT_FAILED (PreloadMissing), NODE_EXITED when it ends meanwhile.
   */
  async demandPreload(purpose: string): Promise<void> {
    const life = this.lives.at(-1)
    if (life === undefined) return
    const ran = life.exit === undefined
    await demandPreload(this.#inside(life), purpose)
    if (ran && life.exit !== undefined) throw this.#exitError(life, life.exit, 'before its preload was connected')
  }

  /**
   * Of a node whose disk is journaled, the process that serves without the preload; undefined where there is none, or nobody can tell.
   * At once where all is well: what is on its way to the disk is not waited for.
   */
  async blindServer(): Promise<number | undefined> {
    const life = this.lives.at(-1)
    return life?.exit === undefined && life ? blindAmong(this.#servers, this.#inside(life)) : undefined
  }

  /** A life that served without the preload. One that was killed as soon as it served may have had no time to say hello. */
  #unseen(): Life | undefined {
    const isSeen = ({ incarnation }: Life) => this.control.heard(incarnation).has('uncaught')
    const someSeen = this.lives.some(isSeen)
    return this.lives.find((life) => {
      const readyAtMs = this.#ready.get(life.incarnation)
      if (readyAtMs === undefined || isSeen(life)) return false
      return !someSeen || life.exit === undefined || life.exit.atMs - readyAtMs > helloBudgetMs
    })
  }

  #inside(life: Life): Inside {
    const { control, plan } = this
    const wasReady = this.served(life.incarnation)
    const everHeard = this.lives.some(({ incarnation }) => this.control.heard(incarnation).size > 0)
    return { life, wasReady, everHeard, control, runtime: this.#parts.runtime.name, port: plan.reach.port }
  }

  /** SIGKILL, nothing flushed. */
  kill(): Promise<Exit> {
    return this.life.kill()
  }

  /** Asks it to stop and waits. */
  stop(budgetMs?: number): Promise<Exit> {
    return this.life.stop(budgetMs)
  }

  /** Kills it and starts the next incarnation. */
  async restart(): Promise<void> {
    if (this.running) await this.kill()
    await this.start()
  }

  /** Freezes the process; its sockets stay open. */
  pause(): Promise<void> {
    return this.life.pause()
  }

  resume(): Promise<void> {
    return this.life.resume()
  }

  /** Says that this node may end by itself, so that an exit does not fail the test. */
  mayExit(): void {
    this.#declared.exits = true
  }

  /** Says that uncaught errors whose message matches are part of the scenario. */
  mayThrow(message: RegExp): void {
    this.#declared.errors.push(message)
  }

  /**
   * Every uncaught error of every incarnation, read from the preload's own channel. Throws INCONCLUSIVE where an incarnation served
   * without the preload: nobody would have seen one.
   */
  uncaughtErrors(): NodeError[] {
    const unseen = this.#unseen()
    if (unseen) {
      throw new Inconclusive(
        `${this.name} had not loaded the preload in its life ${unseen.incarnation}, so nobody saw what it did not catch. ${whatToDo}`,
      )
    }
    return this.#errors.flatMap((reader) => reader.read())
  }

  /** What fails a test unless it was declared: an end that nobody asked for, an uncaught error. */
  undeclared(): HarnessError[] {
    const thrown = this.#errors
      .flatMap((reader, at) => reader.read().map((error) => ({ error, log: this.#logOf(this.#forgotten + at + 1) })))
      .filter(({ error }) => !this.#declared.errors.some((pattern) => error.message.search(pattern) >= 0))
      .map(({ error, log }) => {
        const where = error.stack?.split('\n')[1]?.trim() ?? 'no stack'
        return new HarnessError(
          'NODE_ERROR',
          `${this.name} had an ${error.kind} that the test did not declare: ${error.message} (${where}). Open ${shownPath(log.path)}.`,
        )
      })
    if (this.#declared.exits) return thrown
    const ended = this.lives.flatMap((life) =>
      life.exit === undefined || life.exit.asked ? [] : this.#exitError(life, life.exit, 'although nobody asked it to'),
    )
    return [...thrown, ...ended]
  }

  #exitError(life: Life, exit: Exit, when: string): HarnessError {
    const log = this.#logOf(life.incarnation)
    const how = exit.oomKilled
      ? `because the kernel killed it at its memory limit${this.#limitText()}`
      : exit.signal
        ? `by ${exit.signal}`
        : `with exit code ${exit.code}`
    const afterMs = formatMs(exit.atMs - life.startedAtMs)
    return new HarnessError(
      'NODE_EXITED',
      `${this.name} ended ${how} ${when}, ${afterMs} after its start. Its last line: ${lastLine(log)}. Open ${shownPath(log.path)}.` +
        (when === beforeReady ? this.#must() : ''),
    )
  }

  /** A build that a user brought may answer the readiness probe and nothing else. */
  async #keepsContract(): Promise<void> {
    const { abilities } = this.#parts.system
    try {
      await abilities.status?.(this.client)
    } catch (cause) {
      throw new HarnessError(
        'NODE_NOT_READY',
        `${this.name} is up but tells no status: ${messageOf(cause)}${this.#must()}`,
        {
          cause,
        },
      )
    }
  }

  #must(): string {
    return this.#contract === undefined ? '' : ` ${this.#contract}`
  }

  #limitText(): string {
    const { memoryLimitBytes } = this.#parts.limits
    return memoryLimitBytes === undefined ? '' : ` of ${formatBytes(memoryLimitBytes)}`
  }

  #logOf(incarnation: number): LogReader {
    return this.log.incarnations[incarnation - this.#forgotten - 1] ?? this.log.current
  }

  /**
   * Lets go of the lives that are over, of all that is known of them and of what they did undeclared: a node that is killed for days must not
   * fill this process. Returns the log files of those lives, which stay.
   */
  forgetPast(): string[] {
    const over = this.lives.findIndex((life) => life.exit === undefined)
    const count = over < 0 ? Math.max(0, this.lives.length - 1) : over
    this.lives.splice(0, count)
    this.#errors.splice(0, count)
    this.#forgotten += count
    return this.log.forget(count)
  }

  async close(): Promise<void> {
    await this.#parts.system.closeClient?.(this.client)
    this.log.close()
    await this.control.close()
  }
}

/** One for all lives: what a killed one has left in the caches of the kernel, a later cut of the power may still take. */
function journalFolder(ownFolder: string, dataFolder: string): string {
  const folder = join(ownFolder, 'journal')
  mkdirSync(folder, { recursive: true })
  // A node in a container is another user than we are.
  for (const path of [folder, dataFolder]) if (process.getuid?.() === 0) chmodSync(path, 0o777)
  return folder
}

/** A test's options for Node.js stand beside those that load the preloads, and do not take their place. */
function nodeOptionsOf(...envs: Readonly<Record<string, string>>[]): { NODE_OPTIONS?: string } {
  const options = envs.flatMap(({ NODE_OPTIONS }) => NODE_OPTIONS ?? [])
  return options.length === 0 ? {} : { NODE_OPTIONS: options.join(' ') }
}

function lastLine(log: LogReader): string {
  log.refresh()
  return log.lines().at(-1)?.slice(0, 400) ?? '(it logged nothing)'
}
