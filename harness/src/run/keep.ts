import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:net'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import { formatMs } from '../base/units.ts'
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
  clusters: KeptCluster[]
  seed: number
}

export interface KeptCluster {
  doors: NetworkPlan['nodes']
  /** Lines between regions stay as long as the cluster. */
  regions?: RegionMap
}

/** What the keeper says once the doors are open. */
export const keeperIsUp = 'up'
/** What it is told once it has been handed every claim. */
export const claimsAreComplete = 'complete'
const keeperBudgetMs = 10_000

export const keptFolder = join('.breakwater', 'kept')
const keeperPath = fileURLToPath(new URL('./keeper.ts', import.meta.url))

/**
 * Lets the running nodes of a guard outlive this process: heals what is open, takes them off the watchdog's list and hands
 * their links and the claim on their addresses to a keeper process. Returns what to tell the person who wants to attach.
 */
export async function keepCluster(run: GuardRun): Promise<string> {
  const healed = await healAll(run)
  const running = run.nodes.filter((node) => node.running)
  const clusters = run.clusters.filter(({ nodes }) => nodes.some((node) => node.running))
  const kept: Kept = {
    guard: run.id,
    groups: running.filter(({ life }) => !life.containerId).map(({ life }) => groupOf(life.pid)),
    containers: running.flatMap(({ life }) => life.containerId ?? []),
    folders: run.clusters.map((cluster) => cluster.workFolder),
    clusters: clusters.map(({ doors, regions }) => ({ doors, ...(regions ? { regions: mapOf(regions) } : {}) })),
    seed: run.seed.value,
  }
  for (const node of running) node.life.keep()
  await run.abandonClusters()
  mkdirSync(keptFolder, { recursive: true })
  const path = resolve(keptFolder, `${basename(run.folder)}-${Date.now()}.json`)
  writeFileSync(path, JSON.stringify(kept))
  const { BREAKWATER_RUNNER: _tag, ...env } = process.env
  const stdio = ['ignore', 'ignore', 'ignore', 'ipc'] as const
  const keeper = spawn(process.execPath, [keeperPath, path], { detached: true, stdio: [...stdio], env, cwd: '/' })
  if (keeper.pid !== undefined) kept.groups.push(groupOf(keeper.pid))
  writeFileSync(path, JSON.stringify(kept))
  const links = await handOver(
    keeper,
    clusters.flatMap(({ claim }) => claim ?? []),
  )
  const rows = running.map(
    ({ name, life, plan, log }) =>
      `  ${name}  http://${plan.reach.host}:${plan.reach.port}  ${processOf(life)}  log ${log.path}  data ${plan.dataFolder}`,
  )
  return [`${run.id} is kept up, ${links}:`, ...healed, ...rows, '  End it with: npx breakwater clean'].join('\n')
}

/** A person attaches to nodes that run and reach each other. Returns a line for each fault that was open. */
async function healAll(run: GuardRun): Promise<string[]> {
  const told: string[] = []
  for (const fault of run.openFaults) {
    const end = await fault.heal().then(
      () => 'healed',
      (error: unknown) => `not healed: ${messageOf(error)}`,
    )
    told.push(`  ${fault.name}: ${end}`)
  }
  // Also those that a test paused by itself.
  await Promise.all(run.nodes.map((node) => (node.running ? node.resume() : undefined)))
  return told
}

/** The claims change hands while we still hold them, so that no other run takes the addresses in between. */
async function handOver(keeper: ChildProcess, claims: readonly Server[]): Promise<string> {
  const gaveUp = new AbortController()
  const end = Promise.race([
    once(keeper, 'message').then(([message]) => (message === keeperIsUp ? undefined : `its keeper said ${message}`)),
    once(keeper, 'exit').then(([code, signal]) => `its keeper ended with ${signal ?? `exit code ${code}`}`),
    after(keeperBudgetMs, gaveUp.signal).then(() => `its keeper was not up within ${formatMs(keeperBudgetMs)}`),
  ]).catch((error: unknown) => `its keeper did not start: ${messageOf(error)}`)
  for (const claim of claims) keeper.send({}, claim)
  keeper.send(claimsAreComplete)
  const trouble = await end
  gaveUp.abort()
  if (keeper.connected) keeper.disconnect()
  keeper.unref()
  return trouble === undefined ? 'its links free of faults' : `without links between its nodes, because ${trouble}`
}

function mapOf({ nodes, interRegion }: RegionMap): RegionMap {
  return { nodes, ...(interRegion ? { interRegion } : {}) }
}

function processOf({ containerId, pid }: Life): string {
  return containerId ? `container ${containerId.slice(0, 12)}` : `pid ${pid}`
}

function groupOf(pid: number): { groupId: number; startTicks: number } {
  return { groupId: pid, startTicks: readEntry(pid)?.startTicks ?? 0 }
}
