import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { messageOf } from '../../base/errors.ts'
import { shownPath } from '../../base/shownPath.ts'
import { readJsonArtifact } from '../artifact.ts'
import { readRun } from '../runFolder.ts'
import type { GuardRecord, RunRecord, SavedGuard } from '../runRecord.ts'

type Readings = NonNullable<SavedGuard['readings']>

/** A saved run with what its guards measured. */
export interface ReadRun {
  folder: string
  record: RunRecord
  executions: readonly { guard: GuardRecord; readings: Readings }[]
}

export interface ReadRuns {
  /** In order of time, each once. */
  runs: ReadRun[]
  /** What could not be read, a sentence each. */
  unread: string[]
}

/** Reads runs from their folders, and from folders that hold such. Whatever cannot be read is told, and the others are read. */
export function readRuns(paths: readonly string[]): ReadRuns {
  const unread: string[] = []
  const runs = new Map<string, ReadRun>()
  for (const path of paths.flatMap(expand)) {
    try {
      const folder = realpathSync(path)
      if (!runs.has(folder)) runs.set(folder, readOne(path, unread))
    } catch (error) {
      unread.push(sentenceOf(path, error))
    }
  }
  const inOrder = [...runs.values()].sort((a, b) => Date.parse(a.record.startedAt) - Date.parse(b.record.startedAt))
  return { runs: inOrder, unread }
}

/** A folder of runs stands for them, without the link to the newest. */
function expand(path: string): string[] {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  if (!isFolder || existsSync(join(path, 'run.json'))) return [path]
  const inside = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const own = inside.map(({ name }) => join(path, name))
  return own.some((each) => existsSync(join(each, 'run.json'))) ? own : [path]
}

function readOne(folder: string, unread: string[]): ReadRun {
  const record = readRun(folder)
  const executions = record.guards.map((guard) => {
    const own = guard.folder === undefined ? undefined : join(folder, basename(guard.folder), 'guard.json')
    // A guard that was not run, or whose nodes never started, measured nothing.
    if (own === undefined || !existsSync(own)) return { guard, readings: [] }
    try {
      const { readings } = readJsonArtifact(own) as Partial<SavedGuard>
      return { guard, readings: Array.isArray(readings) ? readings : [] }
    } catch (error) {
      unread.push(messageOf(error))
      return { guard, readings: [] }
    }
  })
  return { folder, record, executions }
}

function sentenceOf(path: string, error: unknown): string {
  const shown = shownPath(path)
  if (!existsSync(path)) return `${shown} is not there.`
  if (!statSync(path).isDirectory()) return `${shown} is no folder of a run, but a file.`
  if (existsSync(join(path, 'run.json'))) return messageOf(error)
  const names = readdirSync(path)
  if (names.some((name) => existsSync(join(path, name, 'plan.json'))))
    return `${shown} is of an exploration, not of a run of guards.`
  if (names.includes('progress.jsonl')) return `${shown} holds no run.json: that run is not over, or was cut off.`
  return `${shown} holds no run.json, so it is no folder of a run.`
}
