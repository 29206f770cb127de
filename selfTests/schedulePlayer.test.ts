import { awaitReading } from '@breakwater/harness'
import { expect, test } from 'vitest'
import type { Schedule, ScheduledFault } from '../harness/src/nemesis/schedule.ts'
import type { BreakableCluster } from '../harness/src/run/breakableCluster.ts'
import { type PlayedFault, SchedulePlayer } from '../harness/src/run/schedulePlayer.ts'
import { dial, GuardBed } from './guardBed.ts'
import { type EchoClient, echo } from './samples/echo/system.ts'

const fault = (id: string, family: string, targets: string[], more: object = {}) =>
  ({ id, family, targets, options: {}, opens: { afterMs: 0 }, lastsMs: 100, ...more }) as unknown as ScheduledFault

async function start(bed: GuardBed): Promise<BreakableCluster<EchoClient>> {
  return await bed.run.startCluster<EchoClient, number>({ system: echo, nodes: 2, powerCuts: true })
}

function player(bed: GuardBed, cluster: BreakableCluster<EchoClient>, faults: ScheduledFault[], durationMs = 60_000) {
  const schedule: Schedule = { version: 1, seed: 71, nodes: ['n1', 'n2'], durationMs, faults }
  return new SchedulePlayer({ cluster, schedule, history: bed.run.history })
}

const outcomes = (played: readonly PlayedFault[]) => played.map(({ id, outcome }) => `${id} ${outcome}`)

/** Plays until so many of the guard's faults have had an effect, so that nothing hangs on the speed of the machine. */
async function playUntil(
  bed: GuardBed,
  playing: SchedulePlayer<EchoClient>,
  effective: number,
): Promise<PlayedFault[]> {
  const stop = new AbortController()
  const before = bed.run.faults.length
  const ended = playing.play(stop.signal)
  await awaitReading({
    what: `${effective} faults to take effect`,
    budget: 20_000,
    probe: () => bed.run.faults.slice(before).filter((each) => each.effects() > 0).length,
    until: (count) => count >= effective,
  })
  stop.abort()
  return ended
}

test('faults on links, disk and clock are opened, healed, and told with their counts', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const [a, b] = [cluster.node(0), cluster.node(1)]
  const slowSync = { rule: { operations: ['sync'], effect: { type: 'delay', ms: 5 } }, restart: false }
  const faults = [
    fault('f1', 'partition', ['n1', 'n2'], { options: { how: 'hold' }, lastsMs: 60_000 }),
    fault('f2', 'slow', ['n1', 'n2'], { options: { delayMs: 5 }, lastsMs: 60_000 }),
    fault('f3', 'failDisk', ['n1'], { options: slowSync, lastsMs: 60_000 }),
    fault('f4', 'skewClock', ['n1'], { options: { offsetMs: 60_000 }, lastsMs: 60_000 }),
  ]
  const playing = player(bed, cluster, faults)
  const ended = playUntil(bed, playing, 4)
  await awaitReading({
    what: 'all to open',
    budget: 10_000,
    probe: () => playing.open.length,
    until: (open) => open === 4,
  })
  await a.client.ask('/write?name=x')
  await a.client.ask('/sync?name=x')
  await a.client.ask('/now')
  const held = dial(a, b)
  expect(outcomes(await ended)).toEqual(faults.map(({ id }) => `${id} effective`))
  for (const { counts, openedAtMs, healedAtMs } of playing.played) {
    expect(counts).toBeDefined()
    expect(healedAtMs).toBeGreaterThanOrEqual(openedAtMs as number)
  }
  expect(await held).toBe('ok')
  expect(bed.run.history.events.filter(({ type }) => type === 'heal')).toHaveLength(4)
})

test('nodes that were killed, paused or lost their power run in the end', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const faults = [
    fault('f1', 'pause', ['n2']),
    fault('f2', 'kill', ['n1'], { opens: { afterMs: 50 } }),
    fault('f3', 'powerCut', ['n2'], { opens: { afterMs: 100 } }),
  ]
  expect(outcomes(await player(bed, cluster, faults, 600).play())).toEqual(faults.map(({ id }) => `${id} effective`))
  expect(cluster.nodes.map(({ incarnation }) => incarnation)).toEqual([2, 2])
  for (const { client } of cluster.nodes) expect(await client.call('/')).toBe(200)
})

test('a node that is down until the end is not killed again, and that is said', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const notes: string[] = []
  const faults = [
    fault('f1', 'kill', ['n1'], { lastsMs: 60_000 }),
    fault('f2', 'kill', ['n1'], { opens: { afterMs: 500 } }),
    fault('f3', 'pause', ['n1'], { opens: { afterMs: 550 } }),
  ]
  const schedule: Schedule = { version: 1, seed: 71, nodes: ['n1', 'n2'], durationMs: 1_000, faults }
  const note = (text: string) => notes.push(text)
  const played = await new SchedulePlayer({ cluster, schedule, history: bed.run.history, note }).play()
  expect(outcomes(played)).toEqual(['f1 effective', 'f2 notOpened', 'f3 notOpened'])
  expect(played.slice(1).map(({ why }) => why)).toEqual(['n1 was down', 'n1 was down'])
  expect(notes[0]).toBe('f2 kill n1 after 500 ms for 100 ms: not opened, n1 was down')
  expect(cluster.node(0).incarnation).toBe(2)
})

test('what finds its node down waits until it is back', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const faults = [
    fault('f1', 'kill', ['n1'], { lastsMs: 300 }),
    fault('f2', 'pause', ['n1'], { opens: { afterMs: 100 } }),
    fault('f3', 'kill', ['n1'], { opens: { with: 'f2', afterMs: 150 } }),
  ]
  const playing = player(bed, cluster, faults)
  const played = await playUntil(bed, playing, 3)
  expect(outcomes(played)).toEqual(['f1 effective', 'f2 effective', 'f3 effective'])
  expect(played[1]?.openedAtMs).toBeGreaterThanOrEqual(played[0]?.healedAtMs ?? Number.NaN)
  expect(cluster.node(0).incarnation).toBe(3)
})

test('of two cuts of one node’s power at one time the second waits for its next life', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const cuts = ['f1', 'f2'].map((id) => fault(id, 'powerCut', ['n1'], { lastsMs: 20 }))
  expect(outcomes(await playUntil(bed, player(bed, cluster, cuts), 2))).toEqual(['f1 effective', 'f2 effective'])
  expect(cluster.node(0).incarnation).toBe(3)
})

test('a trigger that does not come opens its fault at the latest time, and that is said', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const notes: string[] = []
  const faults = [fault('f1', 'kill', ['n1'], { opens: { line: 'never', latestMs: 100 }, lastsMs: 20 })]
  const schedule: Schedule = { version: 1, seed: 71, nodes: ['n1', 'n2'], durationMs: 2_000, faults }
  const note = (text: string) => notes.push(text)
  const played = await new SchedulePlayer({ cluster, schedule, history: bed.run.history, note }).play()
  expect(outcomes(played)).toEqual(['f1 effective'])
  expect(notes[0]).toMatch(/logs "never" or after 100 ms for 20 ms: its trigger did not come$/)
})

test('a fault that did nothing is told apart from one that did', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const cut = fault('f1', 'partition', ['n1', 'n2'], { options: { how: 'hold' }, lastsMs: 60_000 })
  expect(outcomes(await player(bed, cluster, [cut], 150).play())).toEqual(['f1 withoutEffect'])
  const ended = playUntil(bed, player(bed, cluster, [cut]), 1)
  // The first may slip through before the cut.
  await Promise.all([
    dial(cluster.node(0), cluster.node(1)),
    dial(cluster.node(0), cluster.node(1), { path: '/now' }),
    ended,
  ])
  expect(outcomes(await ended)).toEqual(['f1 effective'])
})

test('triggers open faults: acknowledged operations, bytes on a link, a line in a log', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const [a, b] = [cluster.node(0), cluster.node(1)]
  const faults = [
    fault('f1', 'kill', ['n2'], { opens: { acknowledged: 3 }, lastsMs: 50 }),
    fault('f2', 'skewClock', ['n1'], {
      opens: { bytes: 10, from: 'n1', to: 'n2' },
      options: { offsetMs: 1 },
      lastsMs: 60_000,
    }),
    fault('f3', 'pause', ['n1'], { opens: { line: 'now!', node: 'n1' } }),
    fault('f4', 'pause', ['n1'], { opens: { line: 'never', node: 'n1' } }),
  ]
  const playing = player(bed, cluster, faults)
  const ended = playUntil(bed, playing, 3)
  await dial(a, b)
  await a.client.ask('/now')
  await a.client.ask('/log?line=now!')
  await awaitReading({
    what: 'the clock to be read askew',
    budget: 10_000,
    probe: () => a.client.ask('/now'),
    until: () => bed.run.faults.some(({ kind, effects }) => kind === 'clock' && effects() > 0),
  })
  const played = await ended
  expect(outcomes(played)).toEqual(['f1 effective', 'f2 effective', 'f3 effective', 'f4 notOpened'])
  expect(played[3]?.why).toBe('its time never came')
})

test('a companion opens into the fault that it comes with, on its first target, and not without it', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const faults = [
    fault('f1', 'skewClock', ['n2'], { options: { offsetMs: 1 }, lastsMs: 400 }),
    fault('f2', 'kill', ['n2'], { opens: { with: 'f1', afterMs: 100 } }),
    fault('f3', 'pause', ['n1'], { opens: { afterMs: 59_000 } }),
    fault('f4', 'kill', ['n1'], { opens: { with: 'f3', afterMs: 0 } }),
  ]
  const played = await player(bed, cluster, faults, 1_000).play()
  expect(played[1]).toMatchObject({ outcome: 'effective', targets: ['n2'] })
  expect(played[1]?.openedAtMs).toBeGreaterThanOrEqual((played[0]?.openedAtMs ?? Number.NaN) + 99)
  expect(played[3]).toMatchObject({ outcome: 'notOpened', why: 'f3 was not open then' })
})

test('a fault at a line of any node goes to whoever logged it, and what comes with it to the others', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const faults = [
    fault('f1', 'kill', ['n1'], { opens: { line: 'struck', times: 2 }, lastsMs: 60_000 }),
    fault('f2', 'powerCut', ['n2'], { opens: { with: 'f1', afterMs: 0 }, lastsMs: 60_000 }),
  ]
  const playing = player(bed, cluster, faults)
  const ended = playUntil(bed, playing, 2)
  await cluster.node(0).client.ask('/log?line=struck')
  await cluster
    .node(1)
    .client.ask('/log?line=struck')
    .catch(() => {})
  const played = await ended
  expect(played.map(({ outcome, targets }) => [outcome, targets])).toEqual([
    ['effective', ['n2']],
    ['effective', ['n1']],
  ])
  expect(await cluster.node(0).client.call('/')).toBe(200)
})

test('a node killed while it starts again is started by the later kill', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const kills = Array.from({ length: 8 }, (_, at) =>
    fault(`f${at + 1}`, 'kill', ['n1'], { opens: { afterMs: at * 150 }, lastsMs: 20 }),
  )
  const played = await player(bed, cluster, kills, 1_500).play()
  expect(played.filter(({ outcome }) => outcome === 'effective').length).toBeGreaterThan(1)
  expect(await cluster.node(0).client.call('/')).toBe(200)
})

test('a paused node is woken before the preload inside it is spoken to', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const faults = [
    fault('f1', 'skewClock', ['n1'], { options: { offsetMs: 1_000 }, lastsMs: 500 }),
    fault('f2', 'pause', ['n1'], { opens: { afterMs: 100 }, lastsMs: 60_000 }),
    fault('f3', 'skewClock', ['n1'], { opens: { afterMs: 400 }, options: { offsetMs: 1_000 } }),
  ]
  const played = await player(bed, cluster, faults, 1_500).play()
  expect(played[1]?.outcome).toBe('effective')
  expect(played[2]).toMatchObject({ outcome: 'notOpened', why: 'n1 was paused' })
  const [skew, pause] = played
  expect(skew?.healedAtMs).toBeGreaterThanOrEqual(pause?.healedAtMs as number)
})

test('a disk that failed is whole again and its node started anew', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const a = cluster.node(0)
  const rule = { operations: ['sync'], effect: { type: 'fail', code: 'EIO' } }
  const playing = player(bed, cluster, [
    fault('f1', 'failDisk', ['n1'], { options: { rule, restart: true }, lastsMs: 60_000 }),
  ])
  const ended = playUntil(bed, playing, 1)
  await awaitReading({
    what: 'the fault to open',
    budget: 10_000,
    probe: () => playing.open.length,
    until: (open) => open === 1,
  })
  await a.client.ask('/write?name=x')
  await expect(a.client.ask('/sync?name=x')).rejects.toThrow('EIO')
  expect(outcomes(await ended)).toEqual(['f1 effective'])
  expect(a.incarnation).toBe(2)
  expect(await a.client.ask('/sync?name=x')).toBe('ok')
})

test('a node that does not come back fails the play, once the other faults are healed', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const [a, b] = [cluster.node(0), cluster.node(1)]
  a.mayExit()
  a.mayThrow(/EADDRNOTAVAIL/)
  a.env.ECHO_HOST = '192.0.2.1'
  const faults = [fault('f1', 'kill', ['n1']), fault('f2', 'pause', ['n2'], { lastsMs: 500 })]
  await expect(player(bed, cluster, faults).play()).rejects.toThrow(/n1 ended with exit code 1 before it was ready/)
  expect(await b.client.call('/')).toBe(200)
})

test('asked to stop, it heals at once', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const faults = [
    fault('f1', 'pause', ['n1'], { lastsMs: 60_000 }),
    fault('f2', 'kill', ['n2'], { opens: { afterMs: 59_000 } }),
  ]
  expect(outcomes(await playUntil(bed, player(bed, cluster, faults), 1))).toEqual(['f1 effective', 'f2 notOpened'])
  expect(await cluster.node(0).client.call('/')).toBe(200)
})
