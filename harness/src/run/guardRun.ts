import { mkdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Budget } from '../base/budget.ts'
import { asUnwritable, HarnessError, Inconclusive, messageOf } from '../base/errors.ts'
import type { Fault } from '../base/fault.ts'
import type { Seed } from '../base/seed.ts'
import { judgeHistory } from '../check/checkers.ts'
import type { CheckerName, OptionsOf } from '../check/named.ts'
import { checkNamed, readsNodes } from '../check/options.ts'
import type { Verdict } from '../check/verdict.ts'
import { type ClusterOptions, prepareCluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/node.ts'
import type { History } from '../history/history.ts'
import { type Journal, openJournal } from '../history/journal.ts'
import { createRecorder, type Recorder } from '../history/recorder.ts'
import type { Canary } from '../probe/canary.ts'
import type { Life, Runtime } from '../runtime/runtime.ts'
import type { LoadResult } from '../workload/loadResult.ts'
import { guarded, writeArtifact } from './artifact.ts'
import { BreakableCluster } from './breakableCluster.ts'
import { formatReading } from './formatReading.ts'
import { carryLoad, type GuardLoad, startCanary } from './guardLoad.ts'
import { tellProgress } from './progress.ts'
import { redactLogs } from './redactLogs.ts'
import type { SavedCheck, SavedGuard } from './runRecord.ts'
import { writeTimeline } from './timeline.ts'

/** A number that a guard measured and wants shown beside its verdict. */
export interface Reading {
  name: string
  value: number
  unit: Budget['unit']
  limit?: number
}

export interface GuardRunOptions {
  id: string
  title: string
  seed: Seed
  /** Where history, logs and samples of this guard go. */
  folder: string
  openRuntime: () => Promise<Runtime>
}

/** A node of the second cluster of a guard is told from the first one's as `c2/n1`; that is also where its log lies. */
type Scoped = (name: string) => string

/** A history that is being written, and what was claimed of it. */
interface Page {
  title: string
  seed: Seed
  folder: string
  journal: Journal
  recorder: Recorder
  checks: SavedCheck[]
}

function openPage(folder: string, { id, title, seed }: Pick<GuardRunOptions, 'id' | 'title' | 'seed'>): Page {
  const journal = openJournal(join(folder, 'history.jsonl'), { seed: seed.value, guard: id })
  return { title, seed, folder, journal, recorder: createRecorder(journal), checks: [] }
}

/** One execution of one guard: what it started, broke, recorded and measured. */
export class GuardRun {
  readonly id: string
  readonly folder: string
  readonly #options: GuardRunOptions
  readonly #own: Page
  #page: Page
  #faults: { fault: Fault; targets: string[] }[] = []
  readonly #readings: Reading[] = []
  readonly #clusters: { cluster: BreakableCluster<never>; scoped: Scoped }[] = []
  #clusterCount = 0
  #runtime: Promise<Runtime> | undefined
  #canary: Promise<Canary> | undefined
  #over = false
  #closing: Promise<HarnessError[]> | undefined

  constructor(options: GuardRunOptions) {
    this.#options = options
    this.id = options.id
    this.folder = options.folder
    this.#own = openPage(options.folder, options)
    this.#page = this.#own
  }

  /** Of the window that is open, if one is. */
  get seed(): Seed {
    return this.#page.seed
  }

  get recorder(): Recorder {
    return this.#page.recorder
  }

  get history(): History {
    return this.recorder.history
  }

  /** Starts a cluster: addresses claimed, nodes ready and joined, every pair connected. */
  async startCluster<Client, Count extends number>(
    options: ClusterOptions<Client, Count>,
  ): Promise<BreakableCluster<Client, Count>> {
    // What waits in vain from here on is judged by how the host fared.
    this.host().catch(() => {})
    const cluster = await this.#prepareCluster(options)
    this.progress(`starting ${options.nodes} ${options.system.name} nodes`)
    await cluster.start()
    this.progress(`${options.nodes} nodes up`)
    return cluster
  }

  /**
   * From now on all is recorded in a history of its own, in this folder and under this seed, until `endWindow`: a run that goes on for days
   * is judged piece by piece.
   */
  beginWindow(folder: string, { title, seed }: { title: string; seed: Seed }): void {
    this.#page = openPage(folder, { id: this.id, title, seed })
  }

  /**
   * Closes the window's history, writes guard.json and the timeline beside it, and forgets what is over: faults that are healed, lives
   * that ended, whatever they did undeclared. Returns the logs of those lives.
   */
  async endWindow(): Promise<string[]> {
    const page = this.#page
    if (page === this.#own) return []
    this.#page = this.#own
    await this.#writePage(page)
    this.#faults = this.#faults.filter(({ fault }) => fault.healedAtMs === undefined)
    return this.nodes.flatMap((node) => node.forgetPast())
  }

  /** The process beside the run that tells when this machine stalled. */
  host(): Promise<Canary> {
    this.#canary ??= startCanary()
    return this.#canary
  }

  /** Where the nodes of this guard live; opened by whoever asks first. */
  runtime(): Promise<Runtime> {
    this.#runtime ??= this.#options.openRuntime()
    return this.#runtime
  }

  async #prepareCluster<Client, Count extends number>(
    options: ClusterOptions<Client, Count>,
  ): Promise<BreakableCluster<Client, Count>> {
    const { artifactFolder, scoped } = this.#nextScope()
    const parts = await prepareCluster(options, {
      seed: this.seed,
      runtime: await this.runtime(),
      artifactFolder,
      record: (client, node) => (operation, call, result) =>
        this.recorder.run({ client, node, ...operation }, call, result),
      onEvent: (type, what, targets, data) => this.#event(type, what, targets.map(scoped), data),
    })
    const cluster = new BreakableCluster<Client, Count>(parts, (fault) => this.#track(fault, fault.targets.map(scoped)))
    this.#clusters.push({ cluster: cluster as unknown as BreakableCluster<never>, scoped })
    return cluster
  }

  /** The first cluster of a guard, mostly the only one, has the guard's own folder; the second has `c2` in it, and so on. */
  #nextScope(): { artifactFolder: string; scoped: Scoped } {
    const at = ++this.#clusterCount
    if (at === 1) return { artifactFolder: this.folder, scoped: (name) => name }
    const artifactFolder = join(this.folder, `c${at}`)
    guarded(artifactFolder, 'written', () => mkdirSync(artifactFolder))
    return { artifactFolder, scoped: (name) => `c${at}/${name}` }
  }

  /** Says what is going on, for whoever watches; also kept in the history. */
  progress(text: string): void {
    this.recorder.event({ type: 'note', what: text })
    tellProgress(this.id, text)
  }

  /** Keeps a measured number for the verdict table and the report. */
  report(name: string, value: number, unit: Budget['unit'], limit?: number): void {
    this.#readings.push({ name, value, unit, ...(limit === undefined ? {} : { limit }) })
    tellProgress(this.id, `${name} ${formatReading(value, unit)}`)
  }

  /**
   * Puts a load on, with this guard's seed, and keeps its figures as load.<name>.json and .txt. CPU, memory and handles of every
   * node that runs are told beside them.
   */
  async load(load: GuardLoad): Promise<LoadResult> {
    return carryLoad(this, await this.host(), load)
  }

  /**
   * Judges the history so far by one checker; kept, so that the saved run can be judged again. "Every node" means those of
   * this guard's clusters, also one that nobody read; a guard that observes only some of them on purpose says `nodes`.
   */
  check<Name extends CheckerName>(checker: Name, given?: OptionsOf<Name>): Verdict {
    const { options = {} } = checkNamed(checker, { ...this.#allNodes(checker), ...given })
    const [verdict] = judgeHistory(this.history, [{ checker, options }])
    if (!verdict) throw new Error(`judging by ${checker} gave no verdict`)
    this.#page.checks.push({ ...verdict, options, upTo: extentOf(this.history) })
    this.recorder.event({ type: 'claim', what: `${verdict.claim}: ${verdict.verdict}` })
    return verdict
  }

  #allNodes(checker: string): { nodes?: string[] } {
    const nodes = [...new Set(this.nodes.map(({ name }) => name))]
    return nodes.length > 0 && readsNodes(checker) ? { nodes } : {}
  }

  get faults(): readonly Fault[] {
    return this.#faults.map(({ fault }) => fault)
  }

  /**
   * The faults that did nothing, unless the test said that they may: a guard that passed beside one proved nothing under it. To be asked
   * once they are healed, when their counts are final.
   */
  idleFaults(): Inconclusive[] {
    return this.faults
      .filter((fault) => fault.mustHaveEffect && fault.effects() === 0)
      .map(
        (fault) =>
          new Inconclusive(
            `The fault "${fault.name}" did nothing (${JSON.stringify(fault.counts())}), so what passed under it proves nothing. ` +
              'Let it take effect (await fault.tookEffect()), or say fault.mayDoNothing() if that is what the guard is about.',
          ),
      )
  }

  /** Newest first: a node that was paused later must run on to hear that its disk is whole again. The dead are not started only to be ended again. */
  get openFaults(): readonly Fault[] {
    return this.faults
      .filter(({ healedAtMs, kind }) => healedAtMs === undefined && kind !== 'kill' && kind !== 'powerCut')
      .toReversed()
  }

  get nodes(): readonly Node<never>[] {
    return this.#clusters.flatMap(({ cluster }) => cluster.nodes)
  }

  get clusters(): readonly BreakableCluster<never>[] {
    return this.#clusters.map(({ cluster }) => cluster)
  }

  /** Lets go of the clusters without ending their nodes: somebody else keeps them. */
  async abandonClusters(): Promise<void> {
    for (const { cluster } of this.#clusters) await cluster.abandon()
  }

  get runtimeOpened(): boolean {
    return this.#runtime !== undefined
  }

  /** Known-bad builds that its nodes say they have loaded. */
  loadedBuilds(): string[] {
    return [...new Set(this.nodes.flatMap(loadedBuilds))]
  }

  /** What happened inside nodes that the test did not declare. */
  undeclared(): HarnessError[] {
    return this.nodes.flatMap((node) => node.undeclared())
  }

  /**
   * Ends everything and writes guard.json. Returns what fails the test: undeclared ends and errors, things left behind. Closing twice is
   * one close: an interrupted run closes its guards before their bodies have ended.
   */
  close(options: { keep?: boolean } = {}): Promise<HarnessError[]> {
    this.#closing ??= this.#close(options)
    return this.#closing
  }

  async #close(options: { keep?: boolean }): Promise<HarnessError[]> {
    const problems: HarnessError[] = []
    const left: string[] = []
    // Trouble in one step must not keep the next from ending what it has to end.
    const step = async (what: string, work: () => unknown) => {
      try {
        await work()
      } catch (error) {
        problems.push(error instanceof HarnessError ? error : this.#unfinished(what, error))
      }
    }
    await step('tell what happened in its nodes', () => problems.push(...this.undeclared()))
    const runtime = await this.#runtime?.catch(() => undefined)
    if (options.keep) {
      await step('write down what it saw', () => this.#writeSummary())
      return problems
    }
    for (const fault of this.openFaults) await step(`heal ${fault.name}`, () => fault.heal())
    for (const { cluster } of this.#clusters) {
      await step('close its cluster', async () => left.push(...(await cluster.close())))
    }
    if (runtime) await step('look for leftovers', async () => left.push(...(await runtime.leftovers())))
    await step('end its canary', async () => (await this.#canary?.catch(() => undefined))?.close())
    await step('write down what it saw', () => this.#writeSummary())
    await step('close its runtime', () => runtime?.close())
    await step('take secrets out of its logs', () => redactLogs(this.#logs()))
    if (left.length > 0) {
      problems.push(new HarnessError('LEFT_BEHIND', `${this.id} left behind: ${left.join(', ')}.`))
    }
    return problems
  }

  /** Of every life, and what its preload wrote beside. */
  #logs(): string[] {
    const lives = this.nodes.flatMap(({ lives }) => lives)
    return lives.flatMap(({ logPath }) => [logPath, logPath.replace(/\.log$/, '.errors.jsonl')])
  }

  #unfinished(what: string, cause: unknown): HarnessError {
    return new HarnessError('LEFT_BEHIND', `${this.id} could not ${what}: ${messageOf(cause)}.`, { cause })
  }

  #track<F extends Fault>(fault: F, targets: string[]): F {
    this.#faults.push({ fault, targets })
    this.#event('fault', `${fault.name} opened`, targets, { name: fault.name, kind: fault.kind })
    void fault.healed.then(() => {
      const data = { name: fault.name, kind: fault.kind, counts: fault.counts() }
      this.#event('heal', `${fault.name} healed`, targets, data)
    })
    return fault
  }

  #event(type: 'fault' | 'heal' | 'start' | 'exit' | 'note', what: string, targets: string[], data?: unknown): void {
    // A node that is kept may end long after its guard, whose history is closed.
    if (this.#over) return
    try {
      this.recorder.event({ type, what, targets, ...(data === undefined ? {} : { data }) })
    } catch (error) {
      // Nobody waits for this one. The journal keeps its failure and throws it again to whoever records, judges or closes.
      if (!asUnwritable(error)) throw error
    }
    tellProgress(this.id, what)
  }

  #savedRegions(): Pick<SavedGuard, 'regions'> {
    const regions = this.#clusters.flatMap(({ cluster, scoped }) => {
      if (!cluster.regions) return []
      const { interRegion, counts } = cluster.regions
      const nodes = Object.fromEntries(Object.entries(cluster.regions.nodes).map(([node, at]) => [scoped(node), at]))
      return [{ nodes, ...(interRegion === undefined ? {} : { interRegion }), counts: counts() }]
    })
    return regions.length === 0 ? {} : { regions }
  }

  #savedMarks(): Pick<SavedGuard, 'marks'> {
    const marks = new Map(this.#clusters.flatMap(({ cluster }) => Object.entries(cluster.system.marks ?? {})))
    if (marks.size === 0) return {}
    return { marks: [...marks].map(([name, { source, flags }]) => ({ name, source, flags })) }
  }

  async #writeSummary(): Promise<void> {
    // A window that nobody ended: its runner was interrupted.
    if (this.#page !== this.#own) await this.endWindow()
    this.#over = true
    await this.#writePage(this.#own)
  }

  async #writePage({ title, seed, folder, journal, checks }: Page): Promise<void> {
    const summary: SavedGuard = {
      id: this.id,
      title,
      seed: seed.value,
      checks,
      readings: this.#readings,
      faults: this.#faults.map(({ fault, targets }) => ({
        name: fault.name,
        kind: fault.kind,
        targets,
        ...(fault.backend === undefined ? {} : { backend: fault.backend }),
        openedAtMs: fault.openedAtMs,
        ...(fault.healedAtMs === undefined ? {} : { healedAtMs: fault.healedAtMs }),
        counts: fault.counts(),
      })),
      ...this.#savedRegions(),
      ...this.#savedMarks(),
      nodes: this.#clusters.flatMap(({ cluster, scoped }) =>
        cluster.nodes.map((node) => ({
          name: scoped(node.name),
          knownBad: loadedBuilds(node),
          variables: [...new Set(node.lives.flatMap((life) => life.variables))].sort(),
          incarnations: node.lives.map((life) => ({
            incarnation: life.incarnation,
            pid: life.pid,
            startedAtMs: life.startedAtMs,
            ...(life.exit === undefined ? {} : { exit: life.exit }),
            ...peakOf(life),
            log: relative(folder, life.logPath),
          })),
        })),
      ),
    }
    writeArtifact(join(folder, 'guard.json'), `${JSON.stringify(summary, null, 2)}\n`)
    await journal.close()
    writeTimeline(folder)
  }
}

function extentOf(history: History): NonNullable<SavedCheck['upTo']> {
  const underWay = history.underWay().map(({ id }) => id)
  return {
    operations: history.operations.length,
    observations: history.observations.length,
    ...(underWay.length === 0 ? {} : { underWay }),
  }
}

/** The node's own word that every file of a known-bad build was loaded: without it, red proves nothing about that build. */
function loadedBuilds(node: Node<never>): string[] {
  const loaded = node.control.notices().map((notice) => /known-bad build (\S+) loaded/.exec(notice)?.[1])
  return [...new Set(loaded.filter((id) => id !== undefined))]
}

/** A life that was over before the probe could look has no peak. */
function peakOf({ memory }: Life): { peakRssBytes?: number } {
  try {
    return { peakRssBytes: memory.peakBytes() }
  } catch (error) {
    if (error instanceof Inconclusive) return {}
    throw error
  }
}
