import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join, resolve } from 'node:path'
import { HarnessError } from '../base/errors.ts'
import { scales } from '../base/scale.ts'
import { fields, list, number, oneOf, type Shape, ShapeError, text } from '../base/shape.ts'
import { guarded, readJsonArtifact, writeArtifact } from './artifact.ts'
import { folderNameOf } from './guardId.ts'
import { countNetworkFaults } from './networkFaults.ts'
import type { GuardOutcome, RunRecord, RunSummary } from './runRecord.ts'

/** Where one run keeps what it saw: `<time>-<seed>`, with one folder a guard and run.json at the end. */
export interface RunFolder {
  /** Absolute. */
  readonly path: string
  /** The folder of one execution of a guard; made if it is not there. Repeats are counted from 1. */
  guardFolder(guardId: string, repeat?: number): string
  /** Where that folder is or would be. */
  guardPath(guardId: string, repeat?: number): string
  /** Writes run.json, adding versions, totals and the time of the end. */
  writeRun(summary: RunSummary): RunRecord
}

/**
 * Makes the folder of a new run under `root` and points `latest` there. The time in its name is UTC. Two runs of one seed in
 * one second get folders of their own. Throws ARTIFACT_UNREADABLE where nothing can be written.
 */
export function createRunFolder(options: { seed: number; root?: string }): RunFolder {
  const root = resolve(options.root ?? join('.breakwater', 'runs'))
  const time = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
  return guarded(root, 'written', () => {
    mkdirSync(root, { recursive: true })
    for (let turn = 1; ; turn++) {
      const path = join(root, `${time}-${options.seed}${turn > 1 ? `-${turn}` : ''}`)
      if (existsSync(path)) continue
      // `recursive` would not tell that another process took the name meanwhile.
      if (!tookName(path)) continue
      pointLatest(root, path)
      return openRunFolder(path)
    }
  })
}

/** The folder of a run that another process made. */
export function openRunFolder(path: string): RunFolder {
  const own = resolve(path)
  return {
    path: own,
    guardPath: (guardId, repeat = 1) => join(own, `${nameOf(guardId)}${repeat > 1 ? `.${repeat}` : ''}`),
    guardFolder(guardId, repeat = 1) {
      const folder = this.guardPath(guardId, repeat)
      guarded(folder, 'written', () => mkdirSync(folder, { recursive: true }))
      return folder
    },
    writeRun(summary) {
      const record: RunRecord = {
        version: 1,
        ...summary,
        endedAt: new Date(Date.parse(summary.startedAt) + summary.durationMs).toISOString(),
        runtime: summary.runtime ?? 'process',
        scale: summary.scale ?? 'gate',
        versions: versions(),
        totals: totalsOf(summary),
        networkFaults: countNetworkFaults(own),
      }
      writeArtifact(join(own, 'run.json'), `${JSON.stringify(record, null, 2)}\n`)
      return record
    },
  }
}

/** Its last part is looked for in the run's folder, so it must be a name. */
const folderOfGuard: Shape<string> = (value, at) => {
  const folder = text()(value, at)
  if (['', '.', '..'].includes(basename(folder))) throw new ShapeError(`${at} names no folder of a guard`)
  return folder
}

/** What is acted upon: guards that are run again, folders that are looked into. */
const shape = fields(
  {
    seed: number({ least: 0, most: 0xffffffff, whole: true }),
    guards: list(
      fields(
        { id: text(), outcome: oneOf('passed', 'failed', 'inconclusive', 'notRun') },
        { folder: folderOfGuard, title: text({ longest: 100_000 }) },
      ),
    ),
  },
  { runtime: oneOf('process', 'docker'), scale: oneOf(...scales) },
)

/** Reads run.json of a run's folder. Throws ARTIFACT_UNREADABLE, also for a version that this Breakwater does not know. */
export function readRun(path: string): RunRecord {
  const file = join(path, 'run.json')
  const record = readJsonArtifact(file) as Partial<RunRecord>
  if (record.version !== 1 || !Array.isArray(record.guards)) {
    throw new HarnessError(
      'ARTIFACT_UNREADABLE',
      `${file} cannot be read: version ${record.version} is not one that this Breakwater knows.`,
    )
  }
  guarded(file, 'read', () => shape(record, ''))
  // Runs from before there were scales are those of the gate.
  return { ...record, scale: record.scale ?? 'gate' } as RunRecord
}

function tookName(path: string): boolean {
  try {
    mkdirSync(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** A relative link, replaced in one step, so that the tree can be moved and `latest` never dangles in between. */
function pointLatest(root: string, path: string): void {
  const fresh = join(root, `.latest-${process.pid}`)
  rmSync(fresh, { force: true })
  symlinkSync(basename(path), fresh)
  renameSync(fresh, join(root, 'latest'))
}

/** Titles that are cut or cleaned could meet in one name, so those get a few letters of their hash. */
function nameOf(guardId: string): string {
  const name = folderNameOf(guardId)
  return name === guardId ? name : `${name}-${createHash('sha256').update(guardId).digest('hex').slice(0, 6)}`
}

function totalsOf({ guards }: RunSummary): Record<GuardOutcome, number> {
  const totals = { passed: 0, failed: 0, inconclusive: 0, notRun: 0 }
  for (const { outcome } of guards) totals[outcome]++
  return totals
}

function versions(): RunRecord['versions'] {
  return {
    breakwater: packageVersion(join(import.meta.dirname, '..', '..', 'package.json')),
    node: process.versions.node,
    vitest: installedVersion('vitest'),
    platform: `${process.platform} ${process.arch}`,
  }
}

/** A run without vitest (a soak, an embedded harness) has no version to tell. */
function installedVersion(name: string): string {
  try {
    const main = createRequire(import.meta.url).resolve(`${name}/package.json`)
    return packageVersion(main)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return 'none'
    throw error
  }
}

function packageVersion(file: string): string {
  return (readJsonArtifact(file) as { version: string }).version
}
