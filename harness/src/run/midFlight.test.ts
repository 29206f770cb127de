import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HarnessError } from '../base/errors.ts'
import { Seed } from '../base/seed.ts'
import { GuardRun } from './guardRun.ts'
import { judgeRun } from './judge.ts'

let folder: string
let run: GuardRun
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-mid-flight-'))
  const title = 'MID-1 a guard that judges while clients write'
  const openRuntime = () => Promise.reject(new HarnessError('BAD_USAGE', 'This guard has no nodes.'))
  run = new GuardRun({ id: 'MID-1', title, seed: new Seed(71), folder, openRuntime })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const ofTable = { node: 'n1', table: 'rows' }

/** A write that the system has applied and not answered; whoever holds the answer gives it, or an error, later. */
function inFlight(kind: string, key: string, value: unknown) {
  const answer = Promise.withResolvers<void>()
  const call = run.recorder.run({ client: 'c2', ...ofTable, kind, key, value }, () => answer.promise)
  return { call, answer }
}

const acknowledged = (kind: string, key: string, value: unknown) =>
  run.recorder.run({ client: 'c1', ...ofTable, kind, key, value }, async () => undefined)

const reads = (key: string, value: unknown) =>
  run.recorder.run(
    { client: 'c3', ...ofTable, kind: 'read', key },
    async () => value,
    (answer) => answer,
  )

const observes = (what: string, value: unknown, node = 'n1') =>
  run.recorder.observe({ node, table: 'rows', what }, () => value)

/** What the saved run says, once all is over: the same verdicts as then, whatever became of what was in flight. */
async function judgedLater() {
  await run.close()
  const [history] = judgeRun(folder).histories
  expect(history?.changed).toEqual([])
  return history?.verdicts.map(({ verdict }) => verdict)
}

test('a read of a write in flight is linearizable, and one of what nobody writes is not', async () => {
  await acknowledged('put', 'x', 1)
  const { call, answer } = inFlight('put', 'x', 2)
  await reads('x', 2)
  expect(run.check('linearizable', { model: 'kv' }).verdict).toBe('valid')
  await reads('x', 3)
  expect(run.check('linearizable', { model: 'kv' }).verdict).toBe('invalid')
  answer.resolve()
  await call
  expect(await judgedLater()).toEqual(['valid', 'invalid'])
})

test('a write in flight that ends as failed later does not change what was judged before', async () => {
  await acknowledged('put', 'x', 1)
  const { call, answer } = inFlight('put', 'x', 2)
  await reads('x', 2)
  expect(run.check('linearizable', { model: 'kv' }).verdict).toBe('valid')
  answer.reject(Object.assign(new Error('refused'), { outcome: 'fail' }))
  await expect(call).rejects.toThrow('refused')
  expect(run.check('linearizable', { model: 'kv' }).verdict).toBe('invalid')
  expect(await judgedLater()).toEqual(['valid', 'invalid'])
})

test('a row that a write in flight has changed is not one that nobody wrote', async () => {
  await acknowledged('put', 'r1', 1)
  const { call, answer } = inFlight('put', 'r1', 2)
  await observes('rows', [{ key: 'r1', value: 2 }])
  await observes('rows', [{ key: 'r1', value: 2 }], 'n2')
  expect(run.check('losesNothing', { table: 'rows' }).verdict).toBe('valid')
  await observes('rows', [{ key: 'r1', value: 9 }])
  expect(run.check('losesNothing', { table: 'rows' }).verdict).toBe('invalid')
  answer.resolve()
  await call
  expect(await judgedLater()).toEqual(['valid', 'invalid'])
})

test('a counter may hold an addition in flight, or not yet, but no more', async () => {
  await acknowledged('add', 'likes', 1)
  const { call, answer } = inFlight('add', 'likes', 5)
  const verdicts: string[] = []
  for (const likes of [6, 1, 7, 0]) {
    await observes('counter', { likes })
    verdicts.push(run.check('countsExactly', { table: 'rows' }).verdict)
  }
  expect(verdicts).toEqual(['valid', 'valid', 'invalid', 'invalid'])
  answer.resolve()
  await call
  expect(await judgedLater()).toEqual(verdicts)
})

test('an operation that ends after its history was closed is under way in it for good, and its caller has the answer', async () => {
  const { call, answer } = inFlight('put', 'x', 2)
  await run.close()
  answer.resolve()
  await expect(call).resolves.toBeUndefined()
  expect(run.history.operations).toMatchObject([{ outcome: 'info', endedAtMs: Number.POSITIVE_INFINITY }])
  expect(judgeRun(folder).histories).toMatchObject([{ complete: true, operations: 1 }])
})
