/**
 * "3.205 s", "4 min 5 s", "2 h 10 min": the time since the start, as finely as steps of so many ms need. Its source goes into the
 * page as it stands, so it uses nothing but itself.
 */
export function clock(ms: number, stepMs = 1): string {
  if (ms < 60_000) {
    const digits = stepMs >= 1_000 ? 0 : stepMs >= 100 ? 1 : stepMs >= 10 ? 2 : 3
    return `${(ms / 1_000).toFixed(digits)} s`
  }
  const seconds = Math.round(ms / 1_000)
  const hours = Math.floor(seconds / 3_600)
  const minutes = Math.floor(seconds / 60) % 60
  if (hours > 0) return `${hours} h${minutes > 0 ? ` ${minutes} min` : ''}`
  return `${minutes} min${seconds % 60 > 0 ? ` ${seconds % 60} s` : ''}`
}
