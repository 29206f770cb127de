import type { TestCase } from 'vitest/node'
import type { GuardOutcome, GuardRecord } from '../run/runRecord.ts'

/** One execution of one guard. */
export type GuardRow = GuardRecord & { repeat: number; seed?: number }

export type Totals = Record<GuardOutcome, number>

interface ThrownError {
  message: string
  name?: string | undefined
  code?: unknown
  /** Of Unwritable: the disk of the harness, not the system under test. */
  unwritable?: unknown
}

/** Inconclusive only if nothing but missing witnesses went wrong: a real failure beside one stays a failure. */
export function outcomeOf(test: TestCase): Pick<GuardRow, 'outcome' | 'message' | 'code'> {
  const result = test.result()
  if (result.state === 'passed') return { outcome: 'passed' }
  if (result.state === 'skipped') return { outcome: 'notRun', ...(result.note ? { message: result.note } : {}) }
  return judgeErrors((result.errors ?? []) as readonly ThrownError[])
}

export function judgeErrors(errors: readonly ThrownError[]): Required<Pick<GuardRow, 'outcome' | 'message' | 'code'>> {
  const failures = errors.filter((error) => codeOf(error) !== 'INCONCLUSIVE' && error.unwritable !== true)
  const shown = failures.length > 0 ? failures : errors
  return {
    outcome: errors.length > 0 && failures.length === 0 ? 'inconclusive' : 'failed',
    message: [...new Set(shown.map((error) => error.message))].join('\n') || 'the test ended without a result',
    code: (shown[0] && codeOf(shown[0])) ?? 'ASSERTION',
  }
}

function codeOf(error: ThrownError): string | undefined {
  return typeof error.code === 'string' && /^[A-Z_]+$/.test(error.code) ? error.code : undefined
}

/** "12 passed, 1 failed, 0 inconclusive, 0 not run". */
export function totalsInWords({ passed, failed, inconclusive, notRun }: Totals): string {
  return `${passed} passed, ${failed} failed, ${inconclusive} inconclusive, ${notRun} not run`
}

export function countOutcomes(rows: readonly GuardRow[]): Totals {
  const totals: Totals = { passed: 0, failed: 0, inconclusive: 0, notRun: 0 }
  for (const row of rows) totals[row.outcome]++
  return totals
}
