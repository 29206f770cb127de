import { nowMs } from '../base/clock.ts'
import type { Canary } from '../probe/canary.ts'
import { hostTrouble } from '../probe/hostTrouble.ts'

/** What failed a guard, as its runner keeps it: a copy of the error with its own fields. */
export interface ThrownError {
  message: string
  name?: string | undefined
  code?: unknown
  /** Of Unwritable: the disk of the harness, not the system under test. */
  unwritable?: unknown
  waitedMs?: unknown
}

/** Whether the error is a wait in vain: a budget that was spent, also inside an assertion, a start or an answer that took too long. */
export function isWait({ message, code, waitedMs }: ThrownError): boolean {
  if (code === 'FAULT_FAILED') return typeof waitedMs === 'number'
  return /\[(BUDGET_SPENT|NODE_NOT_READY)\]/.test(message) || message.startsWith('Test timed out in')
}

/**
 * Why the waits in vain of a guard say nothing of its system; undefined if they do, or if something else failed it. A wait whose length is
 * not known counts as long as the guard.
 */
export async function hostWhileWaiting(
  errors: readonly ThrownError[],
  { beganAtMs, host }: { beganAtMs: number; host: () => Promise<Canary> },
): Promise<string | undefined> {
  if (errors.length === 0 || !errors.every(isWait)) return undefined
  const atMs = nowMs()
  const canary = await host().catch(() => undefined)
  let told: string | undefined
  for (const { waitedMs } of errors) {
    const fromMs = typeof waitedMs === 'number' ? atMs - waitedMs : beganAtMs
    const reading = await canary?.between(fromMs, atMs)
    const why = reading && hostTrouble(reading)
    if (why === undefined) return undefined
    told ??= why
  }
  return told
}
