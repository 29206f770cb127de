import { parseWholeNumber } from '../base/numbers.ts'

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** A year: longer than anybody waits, and far from where sums of milliseconds are rounded. */
const longestMs = 365 * 86_400_000

/** "90s", "30m", "8h", "3d" in ms; undefined where the text is no such thing, no time at all, or more than a year. */
export function parseDuration(text: string): number | undefined {
  const ms = (parseWholeNumber(text.slice(0, -1)) ?? Number.NaN) * (unitMs[text.slice(-1)] ?? Number.NaN)
  return ms > 0 && ms <= longestMs ? ms : undefined
}
