import type { Budget } from '../base/budget.ts'
import type { Seed } from '../base/seed.ts'
import { Cluster, prepareCluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/node.ts'
import type { System } from '../cluster/system.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { type Loop, runLoad } from '../workload/load.ts'
import type { Scenario } from '../workload/scenario.ts'

/** A load that two builds of a system are put under in turn. A module of comparisons exports one as `comparison`. */
export interface Comparison<Client = never> {
  readonly name: string
  readonly system: System<Client>
  readonly nodes: number
  /** How many times worse than the base a build may be: of unit ratio. */
  readonly budget: Budget
  /** A closed loop, so that throughput is a figure. */
  readonly loop: Loop
  readonly windowMs: number
  readonly warmUpMs: number
  scenarios(nodes: readonly Node<Client>[]): readonly Scenario[]
}

/** What one fresh cluster did. No tails: those of a short window say nothing. */
export interface ArmFigures {
  p50Ms: number
  okPerSecond: number
  /** Of all nodes together. Not a number when a node was not there all the time. */
  cpuMsPerOperation: number
  operations: number
  failRatio: number
  /** Set when the figures are those of the generator or worse. */
  voidBecause?: string
}

export interface ArmContext {
  seed: Seed
  runtime: Runtime
  /** Logs of the nodes go here. */
  folder: string
  signal?: AbortSignal
}

/** Starts a fresh cluster of whatever build the environment names, puts the load on, and ends the cluster. */
export async function runArm(
  comparison: Comparison,
  { seed, runtime, folder, signal }: ArmContext,
): Promise<ArmFigures> {
  const { system, nodes } = comparison
  const parts = await prepareCluster(
    { system, nodes },
    { seed, runtime, artifactFolder: folder, record: () => (_operation, call) => call() },
  )
  const cluster = new Cluster(parts)
  try {
    await cluster.start()
    return await figuresOf(comparison, cluster, seed, signal)
  } finally {
    const left = await cluster.close()
    if (left.length > 0) process.emitWarning(`${comparison.name} left behind: ${left.join(', ')}`)
  }
}

async function figuresOf(
  { name, loop, windowMs, warmUpMs, scenarios }: Comparison,
  cluster: Cluster<never>,
  seed: Seed,
  signal: AbortSignal | undefined,
): Promise<ArmFigures> {
  const result = await runLoad({
    name,
    seed,
    scenarios: scenarios(cluster.nodes),
    loop,
    windowMs,
    warmUpMs,
    windows: 1,
    processes: cluster.nodes.map((node) => ({ name: node.name, reading: () => node.life.reading() })),
    ...(signal === undefined ? {} : { signal }),
  })
  const { p50Ms, okPerSecond, runs, failRatio } = result.total()
  const cpuMs = result.processes().reduce((sum, process) => sum + (process.cpuMs ?? Number.NaN), 0)
  const last = result.runs.at(-1) // the one that the processes were read over
  const undeclared = cluster.nodes.flatMap((node) => node.undeclared())
  if (undeclared[0]) throw undeclared[0]
  return {
    p50Ms,
    okPerSecond,
    cpuMsPerOperation: cpuMs / (last?.tallies.countOf(last.scenarios) ?? Number.NaN),
    operations: runs,
    failRatio,
    ...(last?.voidBecause === undefined ? {} : { voidBecause: last.voidBecause }),
  }
}
