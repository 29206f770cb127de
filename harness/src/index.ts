export { awaitReading } from './base/awaitReading.ts'
export { type Budget, budget } from './base/budget.ts'
export { after, nowMs } from './base/clock.ts'
export { HarnessError, Inconclusive } from './base/errors.ts'
export { failoverGaps, type TimedWrite } from './base/failover.ts'
export type { Fault } from './base/fault.ts'
export { type LatencyBudget, latencyBudget } from './base/latencyBudget.ts'
export { latencySeries, type TimedOperation } from './base/latencyReadings.ts'
export type { LatencySeries } from './base/latencyVerdict.ts'
export { type RateBudget, rateBudget } from './base/rateVerdict.ts'
export { type Random, Seed } from './base/seed.ts'
export { formatBytes, formatCount, formatMs, KiB, MiB } from './base/units.ts'
export type { Cluster } from './cluster/cluster.ts'
export type { Node } from './cluster/node.ts'
export {
  type ContainerSpec,
  commandFor,
  type NodePlan,
  type PeerReading,
  type RecordCall,
  type System,
} from './cluster/system.ts'
export type { Dependencies, Exploration, ExploredWorkload, Stage, StartedDependencies } from './explore/exploration.ts'
export type { OutageOptions } from './nemesis/objectStore.ts'
export type { ObjectStoreOperation } from './nemesis/objectStoreCall.ts'
export type { ObjectStoreEffect, ObjectStoreRule } from './nemesis/objectStoreRule.ts'
export { acknowledged, afterMs, carried, logged, openWhen, type Trigger } from './nemesis/trigger.ts'
export type { BreakableCluster } from './run/breakableCluster.ts'
export type { Comparison } from './run/comparison.ts'
export type { GuardRun } from './run/guardRun.ts'
export { type Arrivals, bursts, constant, poisson, steps } from './workload/arrivals.ts'
export { accepted, openHttp } from './workload/http.ts'
export { type LoadOptions, runLoad } from './workload/load.ts'
export type { LoadResult } from './workload/loadResult.ts'
export { loadJson, loadTable } from './workload/loadTable.ts'
export { openRaw } from './workload/rawSocket.ts'
export type { Scenario, User } from './workload/scenario.ts'
export type { OpenScenarios, ScenarioModule } from './workload/threads.ts'
export { openWebSocket } from './workload/webSocket.ts'
