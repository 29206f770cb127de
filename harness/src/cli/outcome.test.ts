import { expect, test } from 'vitest'
import type { TestCase } from 'vitest/node'
import { Inconclusive } from '../base/errors.ts'
import { countOutcomes, type GuardRow, outcomeOf } from './outcome.ts'

type Result = ReturnType<TestCase['result']>

const ended = (result: unknown, meta: { host?: string } = {}) =>
  outcomeOf({ result: () => result as Result, meta: () => meta } as TestCase)
const failedBy = (...errors: unknown[]) => ended({ state: 'failed', errors })

const assertion = { name: 'AssertionError', message: 'n2 holds every row: expected 199 to be 200' }
const unwitnessed = new Inconclusive('Only 3 memory samples were taken.')
const exited = { name: 'HarnessError', message: 'n1 ended by SIGSEGV [NODE_EXITED]', code: 'NODE_EXITED' }

test('a guard that passed has nothing to add', () => {
  expect(ended({ state: 'passed', errors: undefined })).toEqual({ outcome: 'passed' })
})

test('a skipped guard is not run, never passed, and says why', () => {
  const note = 'the runtime "process" lacks kernelMemoryLimit'
  expect(ended({ state: 'skipped', note })).toEqual({ outcome: 'notRun', message: note })
  expect(ended({ state: 'skipped', note: undefined })).toEqual({ outcome: 'notRun' })
})

test('a failed assertion fails under a code of its own, an error of the harness under its', () => {
  expect(failedBy(assertion)).toEqual({ outcome: 'failed', message: assertion.message, code: 'ASSERTION' })
  expect(failedBy(exited)).toEqual({ outcome: 'failed', message: exited.message, code: 'NODE_EXITED' })
})

test('a missing witness alone is inconclusive', () => {
  expect(failedBy(unwitnessed)).toEqual({
    outcome: 'inconclusive',
    message: unwitnessed.message,
    code: 'INCONCLUSIVE',
  })
  expect(failedBy(unwitnessed, unwitnessed).outcome).toBe('inconclusive')
})

test.each([
  ['before', [assertion, unwitnessed]],
  ['after', [unwitnessed, assertion]],
])('a failure %s a missing witness is a failure, and only it is told', (_, errors) => {
  expect(failedBy(...errors)).toEqual({ outcome: 'failed', message: assertion.message, code: 'ASSERTION' })
})

test('several failures are all told, under the code of the first', () => {
  expect(failedBy(exited, assertion)).toEqual({
    outcome: 'failed',
    message: `${exited.message}\n${assertion.message}`,
    code: 'NODE_EXITED',
  })
})

test.each([['failed'], ['pending']])('a test that is %s without an error has failed all the same', (state) => {
  expect(ended({ state, errors: [] })).toMatchObject({
    outcome: 'failed',
    message: 'the test ended without a result',
    code: 'ASSERTION',
  })
  expect(ended({ state, errors: undefined }).outcome).toBe('failed')
})

test('codes of others are kept where they look like one', () => {
  expect(failedBy({ message: 'x', code: 'ECONNREFUSED' }).code).toBe('ECONNREFUSED')
  expect(failedBy({ message: 'x', code: 7 }).code).toBe('ASSERTION')
})

test('executions are counted by their outcome', () => {
  const rows = (['passed', 'failed', 'passed', 'notRun'] as const).map((outcome) => ({ outcome }) as GuardRow)
  expect(countOutcomes(rows)).toEqual({ passed: 2, failed: 1, inconclusive: 0, notRun: 1 })
})

const spent = { message: 'Waited 15 s for n1 to take a write. [BUDGET_SPENT]', code: 'BUDGET_SPENT', waitedMs: 15_000 }
const host = 'the host was starved: 9.0 threads wanted each core'

test('a wait in vain on a calm host is a failure', () => {
  expect(failedBy(spent)).toMatchObject({ outcome: 'failed', code: 'BUDGET_SPENT' })
})

test.each([
  ['a budget that was spent', spent],
  ['the same inside an assertion', { message: `the cluster must converge: ${spent.message}`, name: 'AssertionError' }],
  ['a start that took too long', { message: 'n1 is not ready. [NODE_NOT_READY]', code: 'NODE_NOT_READY' }],
  ['a control channel that did not answer', { message: 'n1', code: 'FAULT_FAILED', waitedMs: 2_000 }],
  ['a guard that ran out of time', { message: 'Test timed out in 60000ms.' }],
])('%s while the host was starved is inconclusive, with the reading', (_, error) => {
  expect(ended({ state: 'failed', errors: [error] }, { host })).toEqual({
    outcome: 'inconclusive',
    message: `${error.message}\nMeanwhile ${host}: it says nothing of the system.`,
    code: 'INCONCLUSIVE',
  })
})

test('what no wait brought about stays a failure on any host', () => {
  expect(ended({ state: 'failed', errors: [spent, assertion] }, { host }).outcome).toBe('failed')
  expect(ended({ state: 'failed', errors: [exited] }, { host }).outcome).toBe('failed')
  const refused = { message: 'n1 has no firewall [FAULT_FAILED]', code: 'FAULT_FAILED' }
  expect(ended({ state: 'failed', errors: [refused] }, { host }).outcome).toBe('failed')
})
