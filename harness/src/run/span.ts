/** From the first of these times to the last, ms. Without two that differ, the first second there is. */
export function spanOfTimes(times: Iterable<number | undefined>): { startMs: number; endMs: number } {
  let startMs = Number.POSITIVE_INFINITY
  let endMs = Number.NEGATIVE_INFINITY
  for (const atMs of times) {
    if (atMs === undefined) continue
    startMs = Math.min(startMs, atMs)
    endMs = Math.max(endMs, atMs)
  }
  return startMs < endMs ? { startMs, endMs } : { startMs: 0, endMs: 1_000 }
}
