import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { linearizable } from '../check/linearizable.ts'
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

test('an observation bears the times at which its reading began and ended', async () => {
  await recorder.observe({ node: 'n2', what: 'rows', table: 'rows' }, async () => {
    nowMs = 900
    return []
  })
  expect(recorder.history.observations).toEqual([
    { atMs: 100, endedAtMs: 900, node: 'n2', what: 'rows', table: 'rows', value: [] },
  ])
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

test('a call is in the history before it is made, as under way', async () => {
  const answer = Promise.withResolvers<string>()
  const call = recorder.run(
    plan,
    () => answer.promise,
    (told) => told,
  )
  const asked = { id: 1, ...plan, startedAtMs: 100, endedAtMs: Number.POSITIVE_INFINITY, outcome: 'info' }
  expect(recorder.history.operations).toEqual([asked])
  expect(recorder.history.underWay()).toHaveLength(1)
  await recorder.run({ ...plan, client: 'c2' }, async () => undefined)
  nowMs = 300
  answer.resolve('done')
  await call
  expect(recorder.history.operations).toMatchObject([
    { id: 1, client: 'c1', endedAtMs: 300, outcome: 'ok', result: 'done' },
    { id: 2, client: 'c2' },
  ])
  expect(recorder.history.underWay()).toEqual([])
  await close()
  expect(readJournal(path).operations).toEqual(recorder.history.operations)
})

test('what is under way at the end is so in the journal, too', async () => {
  void recorder.run(plan, () => new Promise(() => {}))
  await close()
  expect(readJournal(path)).toMatchObject({ complete: true, operations: recorder.history.operations })
  expect(readJournal(path).underWay()).toHaveLength(1)
})

test('a picker that throws loses no acknowledged operation, and the test is told what it threw', async () => {
  const pick = ({ row }: { row?: { value: number } }) => row!.value
  const error = await recorder.run(plan, async () => ({}), pick).catch((each: unknown) => each)
  expect(error).toMatchObject({ code: 'BAD_USAGE', cause: expect.any(TypeError) })
  expect(String(error)).toMatch(
    /What c1's insert of r1 in rows on n1 was answered cannot be kept: .* threw "Cannot read/,
  )
  expect(recorder.history.acknowledged()).toMatchObject([{ id: 1, key: 'r1', error: expect.stringContaining('threw') }])
  await close()
  expect(readJournal(path).operations).toEqual(recorder.history.operations)
})

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = [value]
  return value
}

const circle: { again?: unknown } = {}
circle.again = circle
const notJson: [string, unknown, RegExp][] = [
  ['a BigInt', 2n ** 60n, /is a BigInt/],
  ['no number', Number.NaN, /is NaN/],
  ['an integer that was rounded', [2 ** 53], /has 9007199254740992, which .* as text\) at \[0\]/],
  ['nested too deep', nested(1_000), /has a nesting of more than 999 levels at \[0\]/],
  ['a Map', { rows: [1, new Map()] }, /has a Map at \.rows\[1\]/],
  ['a Date', { at: new Date(0) }, /has a Date at \.at/],
  ['bytes', Buffer.from('x'), /is a Buffer/],
  ['a promise that nobody awaited', Promise.resolve(1), /is a Promise/],
  ['a function', () => 1, /is a function/],
  ['a circle', circle, /has a circle at \.again/],
]

test.each(notJson)('a value that is %s is refused before the call is made', async (_, value, why) => {
  let calls = 0
  const call = recorder.run({ ...plan, value }, async () => calls++)
  await expect(call).rejects.toMatchObject({ code: 'BAD_USAGE', message: expect.stringMatching(why) })
  expect(calls).toBe(0)
  expect(recorder.history.operations).toEqual([])
})

test.each(notJson)('a result that is %s loses no acknowledged operation', async (_, result, why) => {
  const call = recorder.run(
    plan,
    async () => 1,
    () => result,
  )
  await expect(call).rejects.toMatchObject({ code: 'BAD_USAGE', message: expect.stringMatching(why) })
  expect(recorder.history.acknowledged()).toMatchObject([{ id: 1, error: expect.stringMatching(why) }])
  expect(recorder.history.acknowledged()[0]).not.toHaveProperty('result')
  await close()
  expect(readJournal(path).operations).toEqual(recorder.history.operations)
})

test('a read whose answer could not be kept may have read anything', async () => {
  await recorder.run({ ...plan, kind: 'put' }, async () => undefined)
  const read = { ...plan, kind: 'read', value: undefined }
  await expect(
    recorder.run(
      read,
      async () => 7n,
      (answer) => answer,
    ),
  ).rejects.toThrow(/BigInt/)
  expect(linearizable(recorder.history, { model: 'kv' }).verdict).not.toBe('invalid')
})

test('a value as deep as a journal is read is kept', async () => {
  await recorder.run({ ...plan, value: nested(999) }, async () => undefined)
  await close()
  expect(readJournal(path).operations).toEqual(recorder.history.operations)
})
