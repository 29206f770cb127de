import { existsSync } from 'node:fs'
import { Curve } from '../../probe/curve.ts'
import { samplePathOf } from '../../probe/sampleFile.ts'
import { readLines } from './logLines.ts'
import type { Curve as ReportCurve } from './reportData.ts'

const fields = { memory: 'rssBytes', handles: 'handleCount' } as const

/**
 * The samples of one life, in at most so many points, of which the peaks stay. A life without samples (a runtime that takes none,
 * a node that died at once) has no points. Throws ARTIFACT_UNREADABLE.
 */
export function readCurve(logPath: string, kind: keyof typeof fields, most: number): ReportCurve {
  const path = samplePathOf(logPath, kind)
  if (!existsSync(path)) return { atMs: [], values: [] }
  const curve = new Curve(most)
  for (const line of readLines(path, Number.POSITIVE_INFINITY, [])) {
    const sample = sampleIn(line, fields[kind])
    if (sample) curve.push(sample.atMs, sample.value)
  }
  const points = curve.points()
  return { atMs: points.map(({ atMs }) => atMs), values: points.map(({ rssBytes }) => rssBytes) }
}

/** A line that its writer did not live to end is none. */
function sampleIn(line: string, field: string): { atMs: number; value: number } | undefined {
  try {
    const sample = JSON.parse(line) as Record<string, unknown>
    const { atMs, [field]: value } = sample
    return typeof atMs === 'number' && typeof value === 'number' ? { atMs, value } : undefined
  } catch {
    return undefined
  }
}
