import type { Random } from '../base/seed.ts'
import type { Check } from '../check/named.ts'
import type { System } from '../cluster/system.ts'
import type { FamilyWeights } from '../nemesis/drawSchedule.ts'
import type { BreakableCluster } from '../run/breakableCluster.ts'
import type { GuardRun } from '../run/guardRun.ts'
import type { KeptMore } from './aftermath.ts'
import type { Pace } from './pace.ts'
import type { States } from './states.ts'

/** What a workload of one run works with. */
export interface Stage<Client> {
  readonly cluster: BreakableCluster<Client>
  /** Its seed has a stream for each client, its recorder takes what is read. */
  readonly run: GuardRun
  /** The object store among what the system depends on. */
  readonly objectStore?: BreakableCluster
  /** In a soak: where the data of this window go, and when its clients act. */
  readonly window?: SoakedWindow
}

/** What a system depends on, such as an object store: started before it, through the run, which ends it too. */
export interface Dependencies {
  /** There is an object store among them, so its faults are drawn, too. */
  readonly speaksS3?: boolean
  start(run: GuardRun): Promise<StartedDependencies>
}

export interface StartedDependencies {
  /** Environment of every node of the system: where to find them. */
  readonly env: Readonly<Record<string, string>>
  /** Its first node is what faults of the object store are opened at, whatever node they are drawn for. */
  readonly objectStore?: BreakableCluster
}

/** One window of a soak, whose cluster and data outlive it. */
export interface SoakedWindow {
  /** From 1. */
  readonly number: number
  /** Which of the few sets of names is its own, from 0: a later window of the same slot writes over what this one left, so that data stay bounded. */
  readonly slot: number
  /** Each client does its next thing when this says so, as often as it likes, in place of thinking for itself. */
  readonly pace: Pace
}

export interface ExploredWorkload<Client> {
  /** Clients at work until `ended` aborts, bounded in count. What is refused or lost is recorded, and no error. */
  work(stage: Stage<Client>, ended: AbortSignal): Promise<void>
  /** Reads and records what every node holds in the end. */
  observe(stage: Stage<Client>): Promise<void>
  /** What the history is judged by. */
  readonly checks: readonly Check[]
  /** How often it is drawn beside the others; 1 unless told. */
  readonly share?: number
  /** On top of the exploration's own. */
  readonly weights?: FamilyWeights
  /** It works through a leader, which the system's ability `leader` tells: half of the faults are aimed at that. */
  readonly leads?: boolean
  /** It needs nothing of what the system depends on: none of that is started. */
  readonly isAlone?: boolean
  /** In place of the exploration's own. */
  readonly nodes?: readonly number[]
  /** In place of the exploration's own, ms. */
  readonly durationMs?: number
  /** In place of the exploration's own. */
  readonly operations?: number
  /** In place of the exploration's own. */
  readonly logLines?: readonly string[]
  /** On top of the exploration's own. */
  settings?(random: Random, nodes: readonly string[]): Record<string, string>
  /** Liveness of what only this workload uses, after that of the system. */
  settle?(stage: Stage<Client>): Promise<void>
  /** What must hold and no history tells, such as two leaders in one term: a sentence for each breach. */
  violations?(stage: Stage<Client>): Promise<readonly string[]>
  /** In a soak, before the clients of the window begin: removes what an earlier one left and this one could not be judged beside. */
  prepare?(stage: Stage<Client>): Promise<void>
  /** In a soak: what the window left, by part, as text that stays the same for as long as nothing of it is lost or changed. Asked for again later. */
  left?(stage: Stage<Client>): Promise<Readonly<Record<string, string>>>
}

/** How a system is soaked: its workloads at the same time, over one cluster that lives for as long as the soak. */
export interface SoakedMix {
  readonly nodes: number
  /** Workloads by name, each with its share of the rate. They name their data by the window (`Stage.window`). */
  readonly shares: Readonly<Record<string, number>>
  /** Operations a second over all clients, unless told otherwise. */
  readonly ratePerSecond: number
  /** Environment of every node, over what is drawn for explorations: no timeout so short that a busy machine looks like a fault. */
  readonly settings?: Readonly<Record<string, string>>
}

/** How a system is explored: `fixtures/systems/<name>/exploration.ts` exports one as `exploration`. */
export interface Exploration<Client = unknown> {
  readonly system: System<Client>
  readonly dependencies?: Dependencies
  /** How many nodes a cluster has; one of these numbers is drawn for each run. */
  readonly nodes: readonly number[]
  /** Environment of every node, drawn anew for each run: short timeouts, small files. */
  settings?(random: Random): Record<string, string>
  /** How long faults come on a machine that keeps up, ms. */
  readonly durationMs: number
  /**
   * How many operations clients get acknowledged meanwhile, faults and all, on a machine that keeps up: on another one the run takes
   * longer, up to six times. A run that comes to less than a quarter of them is weak. Absent: the time is that of the wall.
   */
  readonly operations?: number
  /** Fewest and most faults a run. */
  readonly faults: readonly [number, number]
  /** In place of the weights that fault families have by themselves. */
  readonly weights?: FamilyWeights
  readonly powerCuts?: boolean
  /** By name; one is drawn a run. */
  readonly workloads: Readonly<Record<string, ExploredWorkload<Client>>>
  /** States worth reaching, each by a line that a node logs in it and, if not all can, by the workloads and faults that can lead there. */
  readonly states: States
  /** Of those lines, texts that faults may be opened at. */
  readonly logLines?: readonly string[]
  /**
   * What nodes log at the level of an error while things break, by pattern: any other such line is a finding. Absent: their errors are not
   * looked at.
   */
  readonly expectedErrors?: readonly RegExp[]
  /** How much more than before the faults a node may hold once it is back at work; in place of what any system may (`keptMoreByDefault`). */
  readonly keptMore?: Partial<KeptMore>
  /** Without it the system is not soaked. */
  readonly soak?: SoakedMix
  /** Liveness, once everything is healed: throws when the cluster does not come back to work within the system's own budgets. */
  settle(stage: Stage<Client>): Promise<void>
}
