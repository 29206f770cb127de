import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RegionMap } from '../cluster/regions.ts'
import type { NetworkPlan } from '../network/network.ts'
import { readEntry } from '../probe/processTable.ts'
import type { Life } from '../runtime/runtime.ts'
import type { GuardRun } from './guardRun.ts'

/** What stays up after `--keep`, so that `breakwater clean` can end it. */
export interface Kept {
  guard: string
  /** Process groups, each with the start of its leader, so that a reused number is never killed. */
  groups: { groupId: number; startTicks: number }[]
  /** Full ids. */
  containers: string[]
  folders: string[]
  doors: NetworkPlan['nodes']
  /** Lines between regions stay as long as the cluster. */
  regions: RegionMap[]
  seed: number
}

export const keptFolder = join('.breakwater', 'kept')
const keeperPath = fileURLToPath(new URL('./keeper.ts', import.meta.url))

/**
 * Lets the running nodes of a guard outlive this process: takes them off the watchdog's list and hands their links, now
 * free of faults, to a keeper process. Returns what to tell the person who wants to attach.
 */
export async function keepCluster(run: GuardRun): Promise<string> {
  const running = run.nodes.filter((node) => node.running)
  const kept: Kept = {
    guard: run.id,
    groups: running.filter(({ life }) => !life.containerId).map(({ life }) => groupOf(life.pid)),
    containers: running.flatMap(({ life }) => life.containerId ?? []),
    folders: run.clusters.map((cluster) => cluster.workFolder),
    doors: run.clusters.flatMap((cluster) => cluster.doors),
    regions: run.clusters.flatMap(({ regions }) =>
      regions ? [{ nodes: regions.nodes, ...(regions.interRegion ? { interRegion: regions.interRegion } : {}) }] : [],
    ),
    seed: run.seed.value,
  }
  for (const node of running) node.life.keep()
  await run.abandonClusters()
  mkdirSync(keptFolder, { recursive: true })
  const path = resolve(keptFolder, `${basename(run.folder)}-${Date.now()}.json`)
  writeFileSync(path, JSON.stringify(kept))
  const { BREAKWATER_RUNNER: _tag, ...env } = process.env
  const keeper = spawn(process.execPath, [keeperPath, path], { detached: true, stdio: 'ignore', env, cwd: '/' })
  keeper.unref()
  if (keeper.pid !== undefined) kept.groups.push(groupOf(keeper.pid))
  writeFileSync(path, JSON.stringify(kept))
  const rows = running.map(
    ({ name, life, plan, log }) =>
      `  ${name}  http://${plan.reach.host}:${plan.reach.port}  ${processOf(life)}  log ${log.path}  data ${plan.dataFolder}`,
  )
  return [`${run.id} is kept up, its links healed:`, ...rows, '  End it with: npx breakwater clean'].join('\n')
}

function processOf({ containerId, pid }: Life): string {
  return containerId ? `container ${containerId.slice(0, 12)}` : `pid ${pid}`
}

function groupOf(pid: number): { groupId: number; startTicks: number } {
  return { groupId: pid, startTicks: readEntry(pid)?.startTicks ?? 0 }
}
