import { nowMs } from '../base/clock.ts'
import type { BreakableCluster } from '../run/breakableCluster.ts'
import { SchedulePlayer } from '../run/schedulePlayer.ts'
import type { Act } from './act.ts'
import { heldBack, holdingsOf, keptMoreByDefault } from './aftermath.ts'
import { Sightings } from './sightings.ts'
import { troubleOf } from './trouble.ts'

/** Clients at work while the schedule is played; then what is still under way comes to its end. */
export async function playRun<Client>(act: Act<Client>): Promise<void> {
  const { exploration, workload, plan, stage, stop, outcome, find, halted } = act
  const { cluster, run, objectStore } = stage
  const note = (text: string) => run.progress(text)
  const player = new SchedulePlayer({ cluster, schedule: plan.schedule, history: run.history, objectStore, note })
  const sightings = new Sightings(cluster as unknown as BreakableCluster<never>, exploration.states, () =>
    player.open.map(({ family }) => family),
  )
  const ended = new AbortController()
  const before = await holdingsOf(cluster)
  try {
    await Promise.all([
      player
        .play(stop)
        .catch(find('fault'))
        .finally(() => ended.abort()),
      workload.work(stage, ended.signal).catch(find('workload')),
    ])
    outcome.played = player.played
    // A node that did not come back is the news; waiting for it would only take time.
    if (halted()) await tellStuckNodes(act)
    if (stop.aborted || halted()) return
    run.progress('everything is healed')
    await settle(act)
    if (stop.aborted || halted()) return
    const { found, held } = await heldBack(cluster, before, { ...keptMoreByDefault, ...exploration.keptMore })
    run.progress(held)
    for (const sentence of found) find('resources')(sentence)
  } finally {
    outcome.seen = sightings.end()
    outcome.followed = sightings.followed
  }
}

/** What has not come to an end after so many times its budget would not on any host: that one is starved is no excuse then. */
const budgetsOnStarvedHost = 4
const readyBudgetMs = 30_000

/** After a start that took too long on a starved host: a node that does not get ready in much longer either is news. */
async function tellStuckNodes<Client>({ outcome, judged, find, stage }: Act<Client>): Promise<void> {
  await judged()
  if (outcome.findings.length > 0 || !outcome.troubles.every(({ host }) => host !== undefined)) return
  const running = stage.cluster.nodes.filter((node) => node.running)
  await Promise.all(running.map((node) => node.awaitReady(readyBudgetMs).catch(find('liveness', { onAnyHost: true }))))
}

/** Liveness, within the system's own budgets; on a starved host several times over. */
async function settle<Client>({ exploration, workload, stage, host, stop, find }: Act<Client>): Promise<void> {
  for (let turn = 1; !stop.aborted; turn++) {
    try {
      await exploration.settle(stage)
      await workload.settle?.(stage)
      return
    } catch (error) {
      const trouble = await troubleOf({ by: 'liveness', error, atMs: nowMs() }, await host)
      if (trouble === undefined) return find('liveness')(error)
      if (turn === budgetsOnStarvedHost) return find('liveness', { onAnyHost: true })(error)
      stage.run.progress(`not back at work yet, and ${trouble.host}: ${trouble.message}`)
    }
  }
}
