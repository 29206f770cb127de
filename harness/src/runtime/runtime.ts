import type { Server } from 'node:net'
import type { Endpoint } from '../network/endpoint.ts'
import type { MemoryProbe } from '../probe/memory.ts'
import type { ProcessReading } from '../probe/processReading.ts'
import type { KernelDisk } from './kernelDisk.ts'
import type { KernelNetwork } from './kernelNetwork.ts'

/** What a runtime may or may not be able to do. A test that needs one says so and is reported as not run without it. */
export type Capability =
  | 'pause'
  | 'faultPreload'
  | 'addressPerNode'
  | 'kernelMemoryLimit'
  | 'firewall'
  | 'readOnlyDisk'
  | 'linkProxy'
  | 'clockOffset'

/** Everything needed to begin one process life of a node. */
export interface LaunchPlan {
  /** The node's name: n1. */
  node: string
  /** Counts the node's lives from 1. */
  incarnation: number
  host: string
  /** Program and arguments; no shell reads them. */
  command: readonly string[]
  /** Added to the environment of the runner (without the variables of the test runner and NODE_OPTIONS). */
  env: Readonly<Record<string, string>>
  cwd: string
  /** What only containers need; the container runtime cannot launch without it, the process runtime does not look at it. */
  container?: ContainerPlan
  /** Takes standard output and standard error, appended as they come. Its folder is made when missing. */
  logPath: string
}

/** How one life runs in a container. */
export interface ContainerPlan {
  image: string
  /** Folders and unix sockets of this machine that the node sees under the same path, so that paths in `env` hold inside. */
  shared: readonly string[]
  /** The image's own when left out. */
  cwd?: string
  /** Taken from the kernel's limit of memory and swap together. */
  memoryLimitBytes?: number
  /** How many processors' worth of time, 0.2 for a fifth of one. */
  cpus?: number
  /** Paths inside that are a RAM disk of so many bytes: an honest full disk. */
  ramDisks?: Readonly<Record<string, number>>
}

/** How a life ended. Either code or signal is set. */
export interface Exit {
  code: number | null
  signal: string | null
  /** Milliseconds since the epoch, when the runner learnt of it. */
  atMs: number
  /** True when stop() or kill() brought the end about; false when the node ended by itself. */
  asked: boolean
  /** True when stop() had to kill because its budget was spent. */
  forced?: boolean
  /** True when the kernel ended it for going over its memory limit. */
  oomKilled?: boolean
}

/** One process life of a node: an incarnation, and the group of processes that it started. */
export interface Life {
  readonly node: string
  readonly incarnation: number
  readonly pid: number
  /** The engine's full id, where the life is in a container. */
  readonly containerId?: string
  /** Milliseconds since the epoch, just before the spawn. */
  readonly startedAtMs: number
  readonly logPath: string
  /** Names of the environment variables that it was given. Their values may be secrets and are kept nowhere. */
  readonly variables: readonly string[]
  /** Set once the life has ended. */
  readonly exit: Exit | undefined
  /** Settles with the end of the life, however it came; never rejects. */
  readonly exited: Promise<Exit>
  /** Memory from outside, sampled since the launch. Still tells what it knows after the end. */
  readonly memory: MemoryProbe
  /** SIGKILL to the whole group: no warning, nothing flushed. Resolves once none of it is left. On an ended life it sweeps the children. */
  kill(): Promise<Exit>
  /**
   * SIGTERM to the group; SIGKILL when `budgetMs` (default 5 000) is spent, which `exit.forced` and a line in the log tell.
   * A paused life is resumed, so that it can obey.
   */
  stop(budgetMs?: number): Promise<Exit>
  /** Freezes the group; resolves once every thread stands still. Its sockets stay open. Throws NODE_EXITED when it has ended. */
  pause(): Promise<void>
  /** Lets the group run on; resolves once no thread stands still. No error on a life that has ended. */
  resume(): Promise<void>
  /** From now on it outlives close() and this process: for people who want to look at a cluster after the run. */
  keep(): void
  /** What the operating system says now; undefined when the life has ended. */
  reading(): ProcessReading | undefined
}

/** Where one node of a cluster lives, the same for all of its lives. */
export interface Place {
  /** What the node listens on, as seen from inside. */
  readonly bind: Endpoint
  /** Where tests and links dial it. */
  readonly reach: Endpoint
  /** What it tells its peers to dial: leads to the door. */
  readonly advertised: Endpoint
  /** Where its door, a proxy in this process, listens. */
  readonly door: Endpoint
}

/** Addresses that belong to one cluster alone for as long as it is open. */
export interface Site {
  readonly places: readonly Place[]
  /** What holds the addresses where the operating system does not: for a process that keeps the nodes after this one. */
  readonly claim?: Server
  close(): Promise<void>
}

/** Where nodes live. The process runtime and the container runtime both are one. */
export interface Runtime {
  readonly name: 'process' | 'docker'
  readonly can: ReadonlySet<Capability>
  /** Faults below TCP; only where `can` has `firewall`. */
  readonly kernelNetwork?: KernelNetwork
  /** Only where `can` has `readOnlyDisk`. */
  readonly kernelDisk?: KernelDisk
  /** Claims addresses for so many nodes. Throws PORT_TAKEN, PLATFORM_LACKS. */
  openSite(nodeCount: number): Promise<Site>
  /** Spawns and returns at once: readiness is the caller's to await, against `life.exited`. Throws COMMAND_NOT_FOUND. */
  launch(plan: LaunchPlan): Promise<Life>
  /** A temporary folder that must not outlive this process, however it ends. Its removal before is the caller's. */
  ownFolder(path: string): void
  /** The folder has been removed, or is to stay. */
  disownFolder(path: string): void
  /** One sentence for each group of processes that it started and that still lives: empty once all were stopped. */
  leftovers(): Promise<string[]>
  /** Kills all that still lives, in parallel, and sees that it is gone. Twice is once. Throws LEFT_BEHIND. */
  close(): Promise<void>
}
