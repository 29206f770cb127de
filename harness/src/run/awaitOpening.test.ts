import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { awaitReading } from '../base/awaitReading.ts'
import type { History } from '../history/history.ts'
import { openJournal } from '../history/journal.ts'
import { createRecorder } from '../history/recorder.ts'
import { awaitOpening } from './awaitOpening.ts'
import type { BreakableCluster } from './breakableCluster.ts'
import { ScheduleClock } from './scheduleClock.ts'

test('what is acknowledged counts when it ends, whenever it began', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-opening-'))
  const journal = openJournal(join(folder, 'history.jsonl'))
  const recorder = createRecorder(journal)
  let looks = 0
  const watched: History = Object.create(recorder.history, {
    operations: {
      get: () => {
        looks++
        return recorder.history.operations
      },
    },
  })
  const begin = () => recorder.begin({ client: 'c1', node: 'n1', kind: 'put', key: 'x' })
  try {
    begin().end({ outcome: 'ok' })
    const before = begin()
    const ended = new AbortController()
    let isDue = false
    const opening = awaitOpening(
      { acknowledged: 2 },
      {
        cluster: {} as BreakableCluster<never>,
        history: watched,
        clock: new ScheduleClock({ durationMs: 60_000 }, watched),
        ended: ended.signal,
      },
    ).then((due) => {
      isDue = true
      return due
    })
    const [first, second] = [begin(), begin()]
    before.end({ outcome: 'ok' })
    first.end({ outcome: 'info', error: 'lost' })
    const looked = looks
    await awaitReading({
      what: 'three looks',
      budget: 5_000,
      probe: () => looks,
      until: (count) => count >= looked + 3,
    })
    expect(isDue).toBe(false)
    second.end({ outcome: 'ok' })
    expect(await opening).toEqual({})
  } finally {
    await journal.close()
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a trigger that does not come is waited for until its latest time, and that is said', async () => {
  const history = { operations: [], underWay: () => [] } as unknown as History
  const due = await awaitOpening(
    { acknowledged: 1, latestMs: 20 },
    {
      cluster: {} as BreakableCluster<never>,
      history,
      clock: new ScheduleClock({ durationMs: 60_000 }, history),
      ended: AbortSignal.timeout(10_000),
    },
  )
  expect(due).toEqual({ atTheLatest: true })
})
