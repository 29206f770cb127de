import { after, nowMs } from '../base/clock.ts'
import type { History } from '../history/history.ts'
import { isUnderWay, type Operation } from '../history/operation.ts'
import type { Schedule } from '../nemesis/schedule.ts'

/** However little the clients get done, a schedule takes at most so many times its own time: a system that serves nothing must not hold it up. */
export const mostStretch = 6
const lookEveryMs = 10

/**
 * The time of a schedule, ms from its begin. It goes with the clients' work: `operations` acknowledged are `durationMs`. It is never ahead
 * of the wall, so that a fast machine plays the schedule as it was drawn, and a slow one gives a longer run and not an emptier one.
 */
export class ScheduleClock {
  readonly #durationMs: number
  readonly #operations: number | undefined
  readonly #acknowledged: () => number
  readonly #wallMs: () => number
  readonly #beganAtMs: number

  constructor(
    { durationMs, operations }: Pick<Schedule, 'durationMs' | 'operations'>,
    history: History,
    wallMs: () => number = nowMs,
  ) {
    this.#durationMs = durationMs
    this.#operations = operations
    this.#acknowledged = countAcknowledged(history)
    this.#wallMs = wallMs
    this.#beganAtMs = wallMs()
  }

  nowMs(): number {
    const wallMs = this.#wallMs() - this.#beganAtMs
    if (this.#operations === undefined) return wallMs
    const workedMs = (this.#durationMs * this.#acknowledged()) / this.#operations
    return Math.min(wallMs, Math.max(workedMs, wallMs / mostStretch))
  }

  /** Resolves at that time, or once aborted. */
  async reached(ms: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const leftMs = ms - this.nowMs()
      if (leftMs <= 0) return
      await after(this.#operations === undefined ? leftMs : Math.min(leftMs, lookEveryMs), signal)
    }
  }
}

/** How many operations were acknowledged since now, whenever they began. Each look costs no more than what has happened since the one before. */
export function countAcknowledged(history: History): () => number {
  let open = history.underWay()
  let at = history.operations.length
  let count = 0
  return () => {
    for (; at < history.operations.length; at++) open.push(history.operations[at] as Operation)
    for (const { outcome } of open) if (outcome === 'ok') count++
    open = open.filter(isUnderWay)
    return count
  }
}
