import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HarnessError } from '../base/errors.ts'
import type { Operation } from '../history/operation.ts'
import { readJournal } from '../history/readJournal.ts'
import type { MemorySample } from '../probe/curve.ts'
import { samplePathOf } from '../probe/sampleFile.ts'
import { guarded, readJsonArtifact } from './artifact.ts'
import { logPathOf } from './logPath.ts'
import type { SavedGuard } from './runRecord.ts'
import type { TimelineNode } from './timeline/lanes.ts'

/** What the picture of a run is drawn from. */
export interface TimelineData extends Pick<SavedGuard, 'title' | 'seed' | 'checks' | 'readings' | 'faults'> {
  nodes: readonly TimelineNode[]
  operations: readonly Operation[]
}

/** Reads a guard's folder. Throws ARTIFACT_UNREADABLE and HISTORY_CORRUPT. */
export function readTimelineData(folder: string): TimelineData {
  const file = join(folder, 'guard.json')
  const guard = readJsonArtifact(file) as SavedGuard
  for (const list of [guard.checks, guard.faults, guard.nodes]) {
    if (!Array.isArray(list))
      throw new HarnessError('ARTIFACT_UNREADABLE', `${file} cannot be read: a list is missing.`)
  }
  return {
    title: guard.title,
    seed: guard.seed,
    checks: guard.checks,
    ...(guard.readings ? { readings: guard.readings } : {}),
    faults: guard.faults,
    operations: readJournal(join(folder, 'history.jsonl')).operations,
    nodes: guard.nodes.map(({ name, incarnations }) => ({
      name,
      lives: incarnations.map((life) => ({ ...life, samples: samplesOf(logPathOf(folder, life.log)) })),
    })),
  }
}

/** A life without samples (a runtime that takes none, a node that died at once) has no curve. */
function samplesOf(logPath: string): MemorySample[] {
  const path = samplePathOf(logPath)
  if (!existsSync(path)) return []
  return guarded(path, 'read', () => {
    const lines = readFileSync(path, 'utf8').split('\n')
    // What follows the last line feed is a line that its writer did not live to end.
    return lines.slice(0, -1).map((line) => JSON.parse(line) as MemorySample)
  })
}
