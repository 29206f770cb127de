import { after } from '../base/clock.ts'
import { HarnessError, messageOf } from '../base/errors.ts'
import type { Fault, FaultCounts } from '../base/fault.ts'
import type { Node } from '../cluster/node.ts'
import type { History } from '../history/history.ts'
import { hasFile } from '../nemesis/damageFile.ts'
import { families } from '../nemesis/faultFamily.ts'
import { describeScheduled, type FamilyName, type Schedule, type ScheduledFault } from '../nemesis/schedule.ts'
import { PreloadMissing } from '../runtime/preloadMissing.ts'
import { awaitOpening } from './awaitOpening.ts'
import type { BreakableCluster } from './breakableCluster.ts'
import { aimedAt, exchanged, leaderOf } from './leaderAim.ts'
import { openScheduled, targetsOf } from './openScheduled.ts'
import { ScheduleClock } from './scheduleClock.ts'

const lookEveryMs = 5

/** What became of a fault of a schedule. */
export interface PlayedFault {
  id: string
  family: ScheduledFault['family']
  targets: readonly string[]
  /** `effective`; `withoutEffect`: opened and did nothing; `notOpened`: its time never came, or there was nothing to break. */
  outcome: 'effective' | 'withoutEffect' | 'notOpened'
  /** Why it was not opened. */
  why?: string
  openedAtMs?: number
  healedAtMs?: number
  counts?: FaultCounts
}

/** Why a fault was not opened, and whether it may be later. */
interface Declined {
  why: string
  mayPass: boolean
}

export interface SchedulePlayerOptions<Client> {
  cluster: BreakableCluster<Client>
  schedule: Schedule
  history: History
  /** Its first node is what faults of an object store are opened at; the cluster's own nodes unless told. */
  objectStore?: BreakableCluster | undefined
  /** For the history: why a fault was not opened, a restart that a heal needs. */
  note?: (text: string) => void
}

/** Opens and heals what a schedule says, on real nodes. Plays once. */
export class SchedulePlayer<Client> {
  readonly #cluster: BreakableCluster<Client>
  readonly #schedule: Schedule
  readonly #history: History
  readonly #objectStore: BreakableCluster | undefined
  readonly #note: (text: string) => void
  readonly #open = new Map<ScheduledFault, Fault>()
  readonly #played = new Map<string, PlayedFault>()
  /** By id, the first target of each fault once it is open, of a kill once it begins to; undefined if it was not opened. */
  readonly #openings = new Map<string, PromiseWithResolvers<string | undefined>>()
  /** By id, the first target of each fault once it is healed; undefined if it was not opened. */
  readonly #healings = new Map<string, PromiseWithResolvers<string | undefined>>()
  readonly #starting = new Map<Node<Client>, Promise<void>>()
  /** Arming, disarming, pausing and killing of one node, one after the other: a paused node answers nothing. */
  readonly #turns = new Map<Node<Client>, Promise<void>>()

  constructor({ cluster, schedule, history, objectStore, note }: SchedulePlayerOptions<Client>) {
    this.#cluster = cluster
    this.#schedule = schedule
    this.#history = history
    this.#objectStore = objectStore
    this.#note = note ?? (() => {})
  }

  /** In the order of the schedule. */
  get played(): PlayedFault[] {
    return this.#schedule.faults.flatMap(({ id }) => this.#played.get(id) ?? [])
  }

  /** The families that are open now. */
  get open(): ScheduledFault[] {
    return [...this.#open.keys()]
  }

  /**
   * Resolves once the schedule's time is over, or `stop` aborted, and everything is healed: every node runs, every link is whole.
   * Rejects with what kept a fault from opening or healing (a node that does not come back), after all the others are healed.
   */
  async play(stop?: AbortSignal): Promise<PlayedFault[]> {
    const ended = new AbortController()
    const end = () => ended.abort()
    stop?.addEventListener('abort', end, { once: true })
    if (stop?.aborted) end()
    const clock = new ScheduleClock(this.#schedule, this.#history)
    void clock.reached(this.#schedule.durationMs, ended.signal).then(end)
    for (const { id } of this.#schedule.faults) {
      this.#openings.set(id, Promise.withResolvers())
      this.#healings.set(id, Promise.withResolvers())
    }
    try {
      const results = await Promise.allSettled(
        this.#schedule.faults.map((fault) =>
          // Whoever waits for a fault that is not opened waits no longer.
          this.#playOne(fault, clock, ended.signal).finally(() => {
            for (const waiting of [this.#openings, this.#healings]) waiting.get(fault.id)?.resolve(undefined)
          }),
        ),
      )
      const failed = results.find((result) => result.status === 'rejected')
      if (failed) throw failed.reason
      return this.played
    } finally {
      end()
      stop?.removeEventListener('abort', end)
    }
  }

  async #playOne(drawn: ScheduledFault, clock: ScheduleClock, ended: AbortSignal): Promise<void> {
    const { id, family, targets, opens } = drawn
    const played: PlayedFault = { id, family, targets, outcome: 'notOpened' }
    this.#played.set(id, played)
    const notOpened = (why: string) => {
      played.why = why
      this.#note(`${describeScheduled(drawn)}: not opened, ${why}`)
    }
    const scheduled = await this.#whenDue(drawn, clock, ended)
    if (!scheduled) return notOpened('with' in opens ? `${opens.with} was not open then` : 'its time never came')
    played.targets = scheduled.targets
    let incarnations: readonly number[]
    let fault: Fault | Declined
    const tell = () => this.#openings.get(id)?.resolve(scheduled.targets[0])
    do {
      const why = await this.#untilSensible(scheduled, ended)
      if (why !== undefined) return notOpened(why)
      incarnations = targetsOf(this.#cluster, scheduled).map((node) => node.incarnation)
      // Of nodes that are to go down together the others do not wait for the end of the first.
      if (isKill(scheduled)) tell()
      fault = await this.#opened(scheduled)
    } while ('why' in fault && fault.mayPass && !ended.aborted)
    if ('why' in fault) return notOpened(fault.why)
    tell()
    played.openedAtMs = fault.openedAtMs
    // The end of the schedule heals it early; a node that started by itself has healed its kill.
    await Promise.race([after(scheduled.lastsMs, ended), fault.healed])
    await this.#heal(scheduled, fault, incarnations)
    this.#open.delete(scheduled)
    this.#healings.get(id)?.resolve(scheduled.targets[0])
    played.counts = fault.counts()
    played.outcome = fault.effects() > 0 ? 'effective' : 'withoutEffect'
    if (fault.healedAtMs !== undefined) played.healedAtMs = fault.healedAtMs
  }

  /** The fault with its targets, once it is time to open it; undefined when that time never comes. */
  async #whenDue(drawn: ScheduledFault, clock: ScheduleClock, ended: AbortSignal): Promise<ScheduledFault | undefined> {
    const { opens } = drawn
    if ('with' in opens) {
      const first = await (opens.once === 'healed' ? this.#healings : this.#openings).get(opens.with)?.promise
      if (first === undefined) return undefined
      await after(opens.afterMs, ended)
      const drawnFirst = this.#schedule.faults.find(({ id }) => id === opens.with)?.targets[0] ?? first
      return ended.aborted ? undefined : exchanged(drawn, drawnFirst, first)
    }
    const due = await awaitOpening(opens, { cluster: this.#cluster, history: this.#history, clock, ended })
    if (!due) return undefined
    if (due.atTheLatest) this.#note(`${describeScheduled(drawn)}: its trigger did not come`)
    if (due.loggedBy !== undefined) return aimedAt(drawn, due.loggedBy)
    return drawn.aim === 'leader' ? aimedAt(drawn, await leaderOf(this.#cluster)) : drawn
  }

  /**
   * Waits until there is something to break: a node that is down will be back, and what was meant for it comes then. Resolves to why
   * there was nothing until the end of the schedule.
   */
  async #untilSensible(scheduled: ScheduledFault, ended: AbortSignal): Promise<string | undefined> {
    const [node] = targetsOf(this.#cluster, scheduled) as [Node<Client>]
    let why = this.#senseless(scheduled)
    const waits = why !== undefined
    while (why !== undefined && !ended.aborted) {
      await after(lookEveryMs, ended)
      // Struck at its very first moment, it would never get to what its start does.
      why = this.#senseless(scheduled) ?? (waits && this.#starting.has(node) ? `${node.name} was starting` : undefined)
    }
    return why
  }

  /** Why there is nothing to break now; undefined if there is. */
  #senseless(scheduled: ScheduledFault): string | undefined {
    const [node] = targetsOf(this.#cluster, scheduled) as [Node<Client>]
    const { family } = scheduled
    const { holds } = families[family]
    if (holds === undefined) return undefined
    if (!node.running && holds !== 'clock' && holds !== 'timers') return `${node.name} was down`
    if (family === 'damageFile' && !hasFile(node, scheduled.options)) return `${node.name} had no such file`
    // A start that fails because its disk does is no news.
    if (holds === 'disk' && this.#starting.has(node)) return `${node.name} was starting`
    const paused = this.#pausesOf(node).length > 0
    if (paused && holds !== 'process') return `${node.name} was paused`
    // Whoever stops and resumes a node ends the pause of another.
    const stops = (name: FamilyName) => name === 'pause' || name === 'starve'
    if (stops(family) && (paused || this.open.some((other) => stops(other.family) && other.targets[0] === node.name)))
      return `${node.name} was paused`
    const same = this.open.find((other) => other.targets[0] === node.name && families[other.family].holds === holds)
    if (same && holds !== 'process') return `${same.family} of ${node.name} was open`
    return undefined
  }

  /** The open fault, or why it could not be opened: the node may end between the look and the deed. */
  async #opened(scheduled: ScheduledFault): Promise<Fault | Declined> {
    const [node] = targetsOf(this.#cluster, scheduled) as [Node<Client>]
    const open = async () => {
      const fault = await openScheduled(this.#cluster, scheduled, this.#objectStore)
      // A drawn fault may come when there is nothing for it to do: its outcome says so.
      fault.mayDoNothing()
      this.#open.set(scheduled, fault)
      return fault
    }
    // Of two cuts of one node's power at one time the second would find no disk to rewind.
    const takesTurns = scheduled.family === 'pause' || isInside(scheduled) || isKill(scheduled)
    if (!takesTurns) return open()
    return this.#inTurn(node, async () => {
      const why = this.#senseless(scheduled)
      if (why !== undefined) return { why, mayPass: true }
      try {
        return await open()
      } catch (error) {
        if (error instanceof PreloadMissing) {
          // A cut of the power that cannot be told truthfully may have killed the node before that came out.
          if (isKill(scheduled)) await this.#ensureRuns(node)
          return { why: error.message, mayPass: false }
        }
        // It may have ended, and even been started anew, since the look.
        const ended = error instanceof HarnessError && error.code === 'NODE_EXITED'
        if (ended || (!node.running && !isKill(scheduled))) return { why: `${node.name} was down`, mayPass: true }
        throw error
      }
    })
  }

  async #heal(scheduled: ScheduledFault, fault: Fault, incarnations: readonly number[]): Promise<void> {
    const [node] = targetsOf(this.#cluster, scheduled) as [Node<Client>]
    if (isKill(scheduled)) {
      // A disk that fails would keep it from starting, and is not what this fault is about. A slow one is slow for the next life, too.
      for (const [other, disk] of this.#open)
        if (isOfDisk(other) && other.targets[0] === node.name && !isSlow(other)) await disk.heal()
      await this.#ensureRuns(node)
      await fault.heal()
      return
    }
    if (!isInside(scheduled)) return fault.heal()
    for (let healed = false; !healed; ) {
      await Promise.all(this.#pausesOf(node).map((pause) => pause.healed))
      await this.#inTurn(node, async () => {
        if (this.#pausesOf(node).length > 0) return
        await fault.heal()
        healed = true
      })
    }
    if (scheduled.family !== 'failDisk' || !scheduled.options.restart) return
    // Down already, or another life: whoever took it down starts it.
    if (!node.running || node.incarnation !== incarnations[0]) return
    this.#note(`${node.name} is started anew after its disk failed`)
    await node.kill()
    await this.#ensureRuns(node)
  }

  /** Starts the node if it is down. A start that a later kill cuts short is no failure: that kill's heal starts it again. */
  async #ensureRuns(node: Node<Client>): Promise<void> {
    while (this.#starting.has(node)) await this.#starting.get(node)
    if (node.running) return
    const starting = node
      .start()
      .catch((error: unknown) => {
        if (node.life.exit?.asked) return
        throw error instanceof HarnessError ? error : new Error(messageOf(error), { cause: error })
      })
      .finally(() => this.#starting.delete(node))
    this.#starting.set(node, starting)
    await starting
  }

  #pausesOf(node: Node<Client>): Fault[] {
    return [...this.#open]
      .filter(([{ family, targets }, fault]) => {
        return family === 'pause' && targets[0] === node.name && fault.healedAtMs === undefined
      })
      .map(([, fault]) => fault)
  }

  #inTurn<T>(node: Node<Client>, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(node) ?? Promise.resolve()
    const result = before.then(work)
    this.#turns.set(
      node,
      result.then(
        () => {},
        () => {},
      ),
    )
    return result
  }
}

function isKill({ family }: ScheduledFault): boolean {
  return family === 'kill' || family === 'powerCut'
}

/** Told to the preload inside the node, which must be awake to hear it. */
function isInside({ family }: ScheduledFault): boolean {
  return family === 'failDisk' || family === 'skewClock' || family === 'delayTimers'
}

function isOfDisk({ family }: ScheduledFault): boolean {
  return families[family].holds === 'disk'
}

function isSlow(fault: ScheduledFault): boolean {
  return fault.family === 'failDisk' && fault.options.rule.effect.type === 'delay'
}
