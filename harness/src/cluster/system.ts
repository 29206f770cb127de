import type { Endpoint } from '../network/network.ts'

/** Where one node lives and how the others reach it; the same for every incarnation of the node. */
export interface NodePlan {
  readonly name: string
  /** From 1. */
  readonly index: number
  /** What the node's server must listen on. */
  readonly bind: Endpoint
  /** Where a test's clients dial it: past the links, so that a partition cuts peers and not the test. */
  readonly reach: Endpoint
  /** What the node must tell its peers to dial: the door of its links. */
  readonly advertised: Endpoint
  readonly dataFolder: string
  /** Where it lives, in a cluster that has regions. */
  readonly region?: string
}

/** How one node of a system is started as a process. The command's first word is the executable. */
export interface ProcessSpec {
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** For systems on Node.js: modules loaded before the program, in every process of the node, by absolute path. */
  readonly preloads?: readonly string[]
}

/** How one node of a system is started as a container. */
export interface ContainerSpec {
  readonly image: string
  /** Replaces the command of the image when given. */
  readonly command?: readonly string[]
  /** Paths hold inside: the data folder is the node's own on this machine, under the same path. */
  readonly env: Readonly<Record<string, string>>
  /** For systems on Node.js: modules loaded before the program, by their path inside. */
  readonly preloads?: readonly string[]
  /** The working folder; the image's own when left out. */
  readonly cwd?: string
  readonly ramDisks?: Readonly<Record<string, number>>
  /**
   * For an image that a user brought: what it must do, as the end of "it must …". Told when a node of it does not start; once
   * ready, such a node must also answer the ability `status`.
   */
  readonly contract?: string
}

export interface CallDescription {
  kind: string
  table?: string
  key?: string
  value?: unknown
}

/** Runs a call of a client and records it as an operation of the history; rethrows what the call throws. */
export type RecordCall = <T>(
  operation: CallDescription,
  call: () => Promise<T>,
  result?: (outcome: T) => unknown,
) => Promise<T>

/** What one node says of another. */
export interface PeerReading {
  readonly name: string
  readonly connected: boolean
}

/** Small optional powers of a system. A check that needs one which is absent is not run, and says so. */
export interface Abilities<Client> {
  /** Makes the node join the cluster that `member` is in. */
  join?(client: Client, member: NodePlan): Promise<void>
  status?(client: Client): Promise<unknown>
  /**
   * Equal on two nodes if and only if they hold the same data. Where nodes hold different parts, such as shards, one digest by
   * name of the part: nodes that hold a part must agree on it.
   */
  digest?(client: Client): Promise<string | Readonly<Record<string, string>>>
  recordCount?(client: Client, table: string): Promise<number>
  leader?(client: Client): Promise<string | undefined>
  peers?(client: Client): Promise<PeerReading[]>
  /** Ids of the blobs whose content the node holds. */
  blobs?(client: Client): Promise<string[]>
  /** What the node speaks is S3, so that faults can be aimed at single calls to it. */
  readonly speaksS3?: true
  /** Log files that the system writes besides its standard output, relative to its data folder. */
  logFiles?: readonly string[]
}

/** A system under test as a plug-in: how to start a node of it, how to speak to it, what it can tell. */
export interface System<Client = unknown> {
  readonly name: string
  /**
   * What the names of its settings begin with, where that is not its own name: `PEER_` of peer. Of this runner's environment a container
   * gets those alone, and an exploration sets no others.
   */
  readonly settingsPrefix?: string
  process(plan: NodePlan): ProcessSpec
  /** For the container runtime; a system without it runs as processes only. */
  container?(plan: NodePlan): ContainerSpec | Promise<ContainerSpec>
  /** One probe: true once the node serves. May throw, which counts as "not yet". */
  ready(plan: NodePlan): Promise<boolean>
  /** A client for the node that stays valid across its restarts. */
  client(plan: NodePlan, record: RecordCall): Client
  closeClient?(client: Client): Promise<void>
  readonly abilities: Abilities<Client>
  /**
   * What the preload tells of code whose changes on disk it does not see, and which leaves nothing there that a restart relies on, such
   * as files that are made anew: a cut of the power passes over them.
   */
  readonly harmlessBlindSpots?: RegExp
  /**
   * Lines of its log that a report marks, besides errors and warnings, by the name they are shown under. `leader` and `leader no
   * more` are drawn as the time in which the node led; a named group `of` tells what, where it may lead several.
   */
  readonly marks?: Readonly<Record<string, RegExp>>
}

/** The command that a user's own build is started with: BREAKWATER_<SYSTEM>_COMMAND, split at spaces. */
export function commandFor(system: string, standard: readonly string[], env = process.env): readonly string[] {
  const own = env[`BREAKWATER_${system.toUpperCase()}_COMMAND`]?.trim()
  return own ? own.split(/\s+/) : standard
}
