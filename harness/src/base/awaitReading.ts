import type { Budget } from './budget.ts'
import { after, nowMs } from './clock.ts'
import { HarnessError, messageOf } from './errors.ts'
import { formatMs } from './units.ts'

export interface Awaited<T> {
  /** What is awaited, as the end of "waited for …". */
  what: string
  /** Wall time, in ms or as a budget of unit ms. */
  budget: number | Budget
  /** One reading. A throw counts as "no reading yet" and is quoted when the budget runs out. */
  probe: () => T | Promise<T>
  until: (reading: T) => boolean
  describe?: (reading: T) => string
  /** Pause between readings, ms. Default 10. */
  everyMs?: number
  /** The file or command to open next, told when the budget runs out. */
  open?: string | (() => string)
  /** Ends the wait at once, with the signal's reason: a dead node need not be awaited. */
  signal?: AbortSignal
}

/** Probes until the reading is true. Throws BUDGET_SPENT with the last reading and since when it had not moved. */
export async function awaitReading<T>(awaited: Awaited<T>): Promise<T> {
  const budgetMs = typeof awaited.budget === 'number' ? awaited.budget : awaited.budget.limit
  const describe = awaited.describe ?? ((reading: T) => JSON.stringify(reading))
  const startedAt = nowMs()
  let last = 'no reading'
  let movedAt = startedAt
  const note = (now: string) => {
    if (now !== last) movedAt = nowMs()
    last = now
  }
  for (;;) {
    awaited.signal?.throwIfAborted()
    try {
      const reading = await within(awaited.probe, startedAt + budgetMs - nowMs(), awaited.signal)
      if (reading === tooLate) last = `${last} (the last probe never came back)`
      else {
        if (awaited.until(reading)) return reading
        note(describe(reading) ?? String(reading))
      }
    } catch (error) {
      note(messageOf(error))
    }
    if (nowMs() - startedAt >= budgetMs) break
    await after(awaited.everyMs ?? 10, awaited.signal)
  }
  const open = typeof awaited.open === 'function' ? awaited.open() : awaited.open
  throw new HarnessError(
    'BUDGET_SPENT',
    `Waited ${formatMs(budgetMs)} for ${awaited.what}; last reading: ${last}, unchanged for ${formatMs(nowMs() - movedAt)}.` +
      (open ? ` Open ${open}.` : ''),
    { waitedMs: nowMs() - startedAt },
  )
}

const tooLate = Symbol('too late')

/** A probe that hangs must not outlive the budget that it is read under, nor the signal. */
async function within<T>(
  probe: () => T | Promise<T>,
  leftMs: number,
  signal: AbortSignal | undefined,
): Promise<T | typeof tooLate> {
  const ended = new AbortController()
  signal?.addEventListener('abort', () => ended.abort(), { once: true, signal: ended.signal })
  try {
    return await Promise.race([
      Promise.resolve(probe()),
      after(Math.max(leftMs, 1), ended.signal).then((): typeof tooLate => tooLate),
    ])
  } finally {
    ended.abort()
  }
}
