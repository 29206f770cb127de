import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { median } from '../base/median.ts'
import { readJsonArtifact, writeArtifact } from '../run/artifact.ts'
import type { GuardRow } from './outcome.ts'

/** How long each guard took, by runtime and id, in ms: checked in, so that every job of CI deals out the same shards. */
export type Durations = Readonly<Record<string, Readonly<Record<string, number>>>>

export function durationsFile(root: string): string {
  return join(root, 'integrationTests', 'durations.json')
}

/** Nothing, where nothing was ever recorded. Throws ARTIFACT_UNREADABLE. */
export function readDurations(path: string): Durations {
  return existsSync(path) ? (readJsonArtifact(path) as Durations) : {}
}

/** Coarse, so that the file changes where a guard did. */
const roundedToMs = 100

/** Takes in what has passed, the median of its repeats, and forgets guards that are no more. */
export function recordDurations(
  path: string,
  runtime: string,
  rows: readonly GuardRow[],
  ids: readonly string[],
): Durations {
  const before = readDurations(path)
  const passed = Map.groupBy(
    rows.filter(({ outcome }) => outcome === 'passed'),
    ({ id }) => id,
  )
  const own = ids.flatMap((id): [string, number][] => {
    const times = passed.get(id)?.map(({ durationMs }) => durationMs)
    const took = times ? Math.ceil(median(times) / roundedToMs) * roundedToMs : before[runtime]?.[id]
    return took === undefined ? [] : [[id, took]]
  })
  const after = { ...before, [runtime]: Object.fromEntries(own) }
  writeArtifact(path, `${JSON.stringify(after, null, 2)}\n`)
  return after
}
