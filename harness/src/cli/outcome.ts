import type { TestCase } from 'vitest/node'
import { isWait, type ThrownError } from '../run/hostWhileWaiting.ts'
import type { GuardOutcome, GuardRecord } from '../run/runRecord.ts'

/** One execution of one guard. */
export type GuardRow = GuardRecord & { repeat: number; seed?: number }

export type Totals = Record<GuardOutcome, number>

/**
 * Inconclusive only if nothing but missing witnesses went wrong, or waits in vain while the host was starved: a real failure beside one stays
 * a failure.
 */
export function outcomeOf(test: TestCase): Pick<GuardRow, 'outcome' | 'message' | 'code'> {
  const result = test.result()
  if (result.state === 'passed') return { outcome: 'passed' }
  if (result.state === 'skipped') return { outcome: 'notRun', ...(result.note ? { message: result.note } : {}) }
  return judgeErrors((result.errors ?? []) as readonly ThrownError[], test.meta())
}

export function judgeErrors(
  errors: readonly ThrownError[],
  { host }: { host?: string } = {},
): Required<Pick<GuardRow, 'outcome' | 'message' | 'code'>> {
  const failures = errors.filter((error) => codeOf(error) !== 'INCONCLUSIVE' && error.unwritable !== true)
  if (host !== undefined && failures.length > 0 && failures.every(isWait)) {
    const waits = failures.map(({ message }) => message).join('\n')
    return {
      outcome: 'inconclusive',
      message: `${waits}\nMeanwhile ${host}: it says nothing of the system.`,
      code: 'INCONCLUSIVE',
    }
  }
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
