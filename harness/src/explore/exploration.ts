import type { Random } from '../base/seed.ts'
import type { Check } from '../check/checkers.ts'
import type { System } from '../cluster/system.ts'
import type { FamilyWeights } from '../nemesis/drawSchedule.ts'
import type { BreakableCluster } from '../run/breakableCluster.ts'
import type { GuardRun } from '../run/guardRun.ts'

/** What a workload of one run works with. */
export interface Stage<Client> {
  readonly cluster: BreakableCluster<Client>
  /** Its seed has a stream for each client, its recorder takes what is read. */
  readonly run: GuardRun
  /** The object store among what the system depends on. */
  readonly objectStore?: BreakableCluster
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
  /** In place of the exploration's own. */
  readonly nodes?: readonly number[]
  /** In place of the exploration's own, ms. */
  readonly durationMs?: number
  /** In place of the exploration's own. */
  readonly logLines?: readonly string[]
  /** On top of the exploration's own. */
  settings?(random: Random, nodes: readonly string[]): Record<string, string>
  /** Liveness of what only this workload uses, after that of the system. */
  settle?(stage: Stage<Client>): Promise<void>
  /** What must hold and no history tells, such as two leaders in one term: a sentence for each breach. */
  violations?(stage: Stage<Client>): Promise<readonly string[]>
}

/** How a system is explored: `fixtures/systems/<name>/exploration.ts` exports one as `exploration`. */
export interface Exploration<Client = unknown> {
  readonly system: System<Client>
  readonly dependencies?: Dependencies
  /** How many nodes a cluster has; one of these numbers is drawn for each run. */
  readonly nodes: readonly number[]
  /** Environment of every node, drawn anew for each run: short timeouts, small files. */
  settings?(random: Random): Record<string, string>
  /** How long faults come, ms. */
  readonly durationMs: number
  /** Fewest and most faults a run. */
  readonly faults: readonly [number, number]
  /** In place of the weights that fault families have by themselves. */
  readonly weights?: FamilyWeights
  readonly powerCuts?: boolean
  /** By name; one is drawn a run. */
  readonly workloads: Readonly<Record<string, ExploredWorkload<Client>>>
  /** States worth reaching, each by a line that a node logs in it. */
  readonly states: Readonly<Record<string, RegExp>>
  /** Of those lines, texts that faults may be opened at. */
  readonly logLines?: readonly string[]
  /** Liveness, once everything is healed: throws when the cluster does not come back to work within the system's own budgets. */
  settle(stage: Stage<Client>): Promise<void>
}
