import type { LoadResult } from '../../harness/src/workload/loadResult.ts'
import { Tally } from '../../harness/src/workload/tally.ts'

/** One step over all scenarios that have it, and over all windows that say something. */
export function stepFigures(result: LoadResult, step: string): Tally {
  const all = new Tally()
  const runs = result.soundRuns.length > 0 ? result.soundRuns : result.runs
  for (const { tallies } of runs) {
    for (const name of tallies.classes) if (name.endsWith(`/${step}`)) all.add(tallies.of(name).saved())
  }
  return all
}

/** Whole scenarios alone, and why they failed: "timeout 3, refused 1". */
export function failuresOf(results: readonly LoadResult[]): {
  count: number
  runs: number
  classes: number
  reasons: string
} {
  const totals = results.map((result) => result.total())
  const names = new Set(results.flatMap(({ classes }) => classes.filter((name) => !name.includes('/'))))
  const reasons = new Map<string, number>()
  for (const [reason, count] of totals.flatMap((total) => Object.entries(total.reasons))) {
    reasons.set(reason, (reasons.get(reason) ?? 0) + count)
  }
  return {
    count: totals.reduce((sum, { failCount, infoCount }) => sum + failCount + infoCount, 0),
    runs: totals.reduce((sum, { runs }) => sum + runs, 0),
    classes: names.size,
    reasons: [...reasons].map(([reason, count]) => `${reason} ${count}`).join(', '),
  }
}
