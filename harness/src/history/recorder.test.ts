import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openJournal, readJournal } from './journal.ts'
import { createRecorder, type Recorder } from './recorder.ts'

let folder: string
let path: string
let nowMs: number
let recorder: Recorder
let close: () => Promise<void>
const plan = { client: 'c1', node: 'n1', kind: 'insert', table: 'rows', key: 'r1', value: 7 }

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-recorder-'))
  path = join(folder, 'history.jsonl')
  nowMs = 100
  const journal = openJournal(path)
  close = () => journal.close()
  recorder = createRecorder(journal, () => nowMs)
})
afterEach(async () => {
  await close()
  rmSync(folder, { recursive: true, force: true })
})

test('a call that resolves is ok, with its times and what was picked of its answer', async () => {
  const answer = await recorder.run(
    plan,
    async () => {
      nowMs = 105
      return { version: 3, huge: 'x' }
    },
    ({ version }) => version,
  )
  expect(answer.version).toBe(3)
  expect(recorder.history.operations).toEqual([
    { id: 1, ...plan, startedAtMs: 100, endedAtMs: 105, outcome: 'ok', result: 3 },
  ])
})

test.each([
  ['fail', Object.assign(new Error('refused'), { outcome: 'fail' }), 'fail'],
  ['info', Object.assign(new Error('lost'), { outcome: 'info' }), 'info'],
  ['nothing', new Error('socket hang up'), 'info'],
  ['ok, which an error cannot be', Object.assign(new Error('odd'), { outcome: 'ok' }), 'info'],
])('a thrown error that claims %s is rethrown and recorded', async (_, error, outcome) => {
  await expect(recorder.run(plan, () => Promise.reject(error))).rejects.toBe(error)
  expect(recorder.history.operations).toMatchObject([{ outcome, error: error.message }])
})

test('a call that throws before it returns a promise is recorded too', async () => {
  const call = () => {
    throw new Error('no such client')
  }
  await expect(recorder.run(plan, call)).rejects.toThrow('no such client')
  expect(recorder.history.operations).toHaveLength(1)
})

test('an observation bears the time at which its reading began', async () => {
  await recorder.observe({ node: 'n2', what: 'rows', table: 'rows' }, async () => {
    nowMs = 900
    return []
  })
  expect(recorder.history.observations).toEqual([{ atMs: 100, node: 'n2', what: 'rows', table: 'rows', value: [] }])
})

test('what is in memory is what a reader of the journal gets', async () => {
  await recorder.run(plan, async () => undefined)
  recorder.event({ type: 'note', what: 'half way' })
  await recorder.observe({ node: 'n1', what: 'digest' }, () => 'a1')
  await close()
  const read = readJournal(path)
  expect(read.operations).toEqual(recorder.history.operations)
  expect(read.events).toEqual(recorder.history.events)
  expect(read.observations).toEqual(recorder.history.observations)
})

test('an operation that somebody else timed is kept with its intended start and an id of its own', async () => {
  await recorder.run(plan, async () => 1)
  recorder.ended({ ...plan, intendedAtMs: 90, startedAtMs: 95, endedAtMs: 105, outcome: 'info', error: 'timeout' })
  await close()
  expect(readJournal(path).operations[1]).toEqual({
    id: 2,
    ...plan,
    intendedAtMs: 90,
    startedAtMs: 95,
    endedAtMs: 105,
    outcome: 'info',
    error: 'timeout',
  })
})
