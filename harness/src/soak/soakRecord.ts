import { join } from 'node:path'
import { HarnessError } from '../base/errors.ts'
import { amount, count, fields, list, number, oneOf, record, type Shape, text, whole } from '../base/shape.ts'
import type { Verdict } from '../check/verdict.ts'
import type { Exploration } from '../explore/exploration.ts'
import { demandSettings } from '../explore/plan.ts'
import type { FamilyName } from '../nemesis/schedule.ts'
import { readShaped, writeArtifact } from '../run/artifact.ts'
import type { NodeReading } from './nodeReading.ts'
import type { CalmStretch } from './shape.ts'

/** Something that must not happen, and in which window it did. `by` is a checker, or `liveness`, `node`, `fault`, `carried`, `disk` … */
export interface SoakFinding {
  window: number
  by: string
  message: string
}

/** One window, as it was judged. */
export interface SoakWindow {
  number: number
  seed: number
  /** Since the soak began, ms. */
  atMs: number
  durationMs: number
  spared: string
  operations: Record<'ok' | 'fail' | 'info', number>
  latencyP50Ms: number
  latencyP99Ms: number
  /** Absent when it ended before its calm was over. */
  calm?: CalmStretch
  /** Of the schedule: what was opened and healed, and how much of it did nothing; what never opened. */
  faults: { healed: number; withoutEffect: number; notOpened: number }
  /** Each that opened; times since the soak began, ms. */
  opened: { family: FamilyName; targets: readonly string[]; fromMs: number; toMs: number }[]
  verdicts: Pick<Verdict, 'checker' | 'verdict'>[]
  /** Earlier windows whose data were found as they had been left. */
  carried: number[]
  findings: SoakFinding[]
}

export type SoakOutcome = 'underWay' | 'passed' | 'failed' | 'inconclusive' | 'interrupted'

/** One process that carried the soak on. */
export interface SoakRunner {
  /** ISO 8601. */
  startedAt: string
  firstWindow: number
  /** What went with the runner before it. */
  lost?: string
}

/** soak.json: all that a soak knows, written after each window. Readers refuse another version. */
export interface SoakRecord {
  version: 1
  system: string
  build?: string
  seed: number
  runtime: string
  nodes: number
  durationMs: number
  windowMs: number
  ratePerSecond: number
  /** How many green windows keep their history. */
  keepWindows: number
  mostDiskBytes: number
  warmUpMs: number
  settings: Readonly<Record<string, string>>
  shares: Readonly<Record<string, number>>
  runners: SoakRunner[]
  /** Soaked so far, over all runners. */
  elapsedMs: number
  nextWindow: number
  operations: Record<'ok' | 'fail' | 'info', number>
  faults: { healed: number; withoutEffect: number; notOpened: number; families: Partial<Record<FamilyName, number>> }
  windows: SoakWindow[]
  readings: NodeReading[]
  /** By checker, over all windows. */
  judged: Record<string, Record<Verdict['verdict'], number>>
  /** States that a node logged. */
  states: string[]
  /** Of the shape, over all windows; as far as it can be said when the soak is under way. */
  verdicts: Verdict[]
  findings: SoakFinding[]
  diskBytes: number
  outcome: SoakOutcome
  /** What it saw could not be written down any more. */
  stopped?: string
}

const recordName = 'soak.json'

export function saveSoak(folder: string, record: SoakRecord): void {
  writeArtifact(join(folder, recordName), `${JSON.stringify(record)}\n`)
}

const dayMs = 86_400_000
const windowNumber = number({ least: 1, most: 1e9, whole: true })
const counts = record(count)
const finding = fields({ window: count, by: text(), message: text({ longest: 1_000_000 }) })
const verdict = fields({ checker: text(), verdict: oneOf('valid', 'invalid', 'unknown') })
/** Figures may be null: JSON has no other word for what was no number. */
const figure: Shape<number | null> = (value, at) =>
  value === null ? null : number({ least: -Number.MAX_VALUE, most: Number.MAX_VALUE })(value, at)

const window = fields(
  {
    number: windowNumber,
    atMs: amount,
    durationMs: amount,
    operations: counts,
    faults: counts,
    opened: list(fields({ family: text(), targets: list(text()), fromMs: figure, toMs: figure })),
    verdicts: list(verdict),
    carried: list(count),
    findings: list(finding),
  },
  { calm: record(figure) },
)

const shape = whole<SoakRecord>(
  fields(
    {
      version: oneOf(1),
      system: text(),
      seed: number({ least: 0, most: 0xffffffff, whole: true }),
      runtime: oneOf('process', 'docker'),
      nodes: number({ least: 1, most: 100, whole: true }),
      durationMs: number({ least: 1, most: 10_000 * dayMs }),
      windowMs: number({ least: 1, most: dayMs }),
      ratePerSecond: number({ least: 0.001, most: 1e6 }),
      keepWindows: count,
      mostDiskBytes: count,
      warmUpMs: amount,
      settings: record(text({ longest: 10_000 }), { most: 1_000 }),
      shares: record(number({ least: 0.001, most: 1e6 })),
      runners: list(fields({ startedAt: text(), firstWindow: windowNumber })),
      elapsedMs: amount,
      nextWindow: windowNumber,
      operations: counts,
      faults: fields({ healed: count, withoutEffect: count, notOpened: count, families: counts }),
      windows: list(window),
      readings: list(fields({ atMs: amount, node: text(), life: text(), ageMs: amount, rssBytes: amount })),
      judged: record(counts),
      states: list(text()),
      verdicts: list(verdict),
      findings: list(finding),
      diskBytes: amount,
      outcome: oneOf('underWay', 'passed', 'failed', 'inconclusive', 'interrupted'),
    },
    { build: text() },
  ),
)

/** Throws BAD_USAGE when there is none, or one that this Breakwater does not know: somebody else may have written it. */
export function readSoak(folder: string): SoakRecord {
  return readShaped(join(folder, recordName), shape, 'be gone on with')
}

/**
 * What a soak that is gone on with may ask for is what its exploration says of soaks: its nodes, its workloads, and settings by the names
 * that explorations draw. Throws BAD_USAGE.
 */
export function demandSoakable(soaked: SoakRecord, exploration: Exploration, from: string): void {
  const refuse = (why: string) => new HarnessError('BAD_USAGE', `${from} cannot be gone on with: ${why}.`)
  const { soak, workloads } = exploration
  if (!soak) throw refuse(`the exploration of ${soaked.system} does not say how it is soaked (its "soak")`)
  if (soaked.nodes !== soak.nodes) {
    throw refuse(`it has ${soaked.nodes} nodes, and ${soaked.system} is soaked on ${soak.nodes}`)
  }
  const stranger = Object.keys(soaked.shares).find((name) => !Object.hasOwn(workloads, name))
  if (stranger !== undefined) throw refuse(`${soaked.system} has no workload ${JSON.stringify(stranger)}`)
  demandSettings(soaked.settings, exploration, from)
}
