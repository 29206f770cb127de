import { HarnessError } from '../base/errors.ts'
import { parseShard } from '../base/shard.ts'
import { shownPath } from '../base/shownPath.ts'
import type { ExploreResult } from './explore.ts'
import { mergeCoverage } from './mergeCoverage.ts'

/** A saved exploration, with where it lies. */
export interface ReadExploration {
  folder: string
  result: ExploreResult
}

/** Several parts of one exploration, as one. */
export interface MergedExploration extends ExploreResult {
  shards: { shard: string; folder: string; runs: number; weak: number; found: number }[]
  /** Parts of which there is no result. */
  missing: string[]
}

/** Puts the shards of one exploration together. Throws BAD_USAGE where they are not of one, or one of them is there twice. */
export function mergeExplorations(all: readonly ReadExploration[]): MergedExploration {
  const [first] = all
  if (!first) throw new HarnessError('BAD_USAGE', 'There is no exploration to put together.')
  demandOne(all)
  const results = all.map(({ result }) => result)
  const sum = (of: (result: ExploreResult) => number) => results.reduce((total, each) => total + of(each), 0)
  const judged = [...new Set(results.flatMap((each) => each.judged))]
  const unknown: Record<string, number> = {}
  for (const each of results) {
    for (const [checker, count] of Object.entries(each.unknown)) unknown[checker] = (unknown[checker] ?? 0) + count
  }
  const stopped = results.flatMap((each) => each.stopped ?? [])
  const { system, seed, runtime, build } = first.result
  return {
    system,
    ...(build === undefined ? {} : { build }),
    seed,
    runtime,
    runs: sum(({ runs }) => runs),
    found: results.flatMap(({ found }) => found).toSorted(byRun),
    weak: results.flatMap(({ weak }) => weak).toSorted(byRun),
    troubled: results.flatMap(({ troubled }) => troubled).toSorted(byRun),
    faults: {
      drawn: sum(({ faults }) => faults.drawn),
      opened: sum(({ faults }) => faults.opened),
      effective: sum(({ faults }) => faults.effective),
    },
    operations: {
      ok: sum(({ operations }) => operations.ok),
      fail: sum(({ operations }) => operations.fail),
      info: sum(({ operations }) => operations.info),
    },
    unknown,
    judged,
    neverJudged: [...new Set(results.flatMap((each) => each.neverJudged))].filter((name) => !judged.includes(name)),
    coverage: mergeCoverage(results.map(({ coverage }) => coverage)),
    durationMs: sum(({ durationMs }) => durationMs),
    interrupted: results.some(({ interrupted }) => interrupted),
    ...(stopped.length > 0 ? { stopped: stopped.join(' ') } : {}),
    shards: all.map(({ folder, result }) => ({
      shard: result.shard ?? '1/1',
      folder,
      runs: result.runs,
      weak: result.weak.length,
      found: result.found.length,
    })),
    missing: missingOf(results),
  }
}

function byRun(a: { run: number }, b: { run: number }): number {
  return a.run - b.run
}

/** What was drawn from another seed, of another system or in another number of parts, is no part of the same. */
function demandOne(all: readonly ReadExploration[]): void {
  const [first, ...others] = all
  if (!first) return
  const nameOf = ({ result: { system, build, seed, runtime, shard } }: ReadExploration) => {
    const parts = shard === undefined ? 'whole' : `in ${parseShard(shard)?.count ?? 'unknown'} parts`
    return `${system}${build === undefined ? '' : ` with ${build}`}, seed ${seed}, on ${runtime}, ${parts}`
  }
  const seen = new Map([[first.result.shard, first]])
  for (const other of others) {
    if (nameOf(other) !== nameOf(first)) {
      throw new HarnessError(
        'BAD_USAGE',
        `${shownPath(first.folder)} (${nameOf(first)}) and ${shownPath(other.folder)} (${nameOf(other)}) are not of one exploration. Name the folders of one.`,
      )
    }
    const twin = seen.get(other.result.shard)
    if (twin) {
      throw new HarnessError(
        'BAD_USAGE',
        `${shownPath(twin.folder)} and ${shownPath(other.folder)} both hold shard ${other.result.shard ?? '1/1'}, and its runs would count twice. Remove one.`,
      )
    }
    seen.set(other.result.shard, other)
  }
}

function missingOf(results: readonly ExploreResult[]): string[] {
  const there = new Set(results.map(({ shard }) => shard))
  const count = parseShard(results[0]?.shard ?? '')?.count ?? 0
  return Array.from({ length: count }, (_, at) => `${at + 1}/${count}`).filter((shard) => !there.has(shard))
}
