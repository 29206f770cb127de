import { countsInWords, nodesOfTarget } from '../faultInWords.ts'
import type { SavedFault } from '../runRecord.ts'
import { spanOfTimes } from '../span.ts'
import { endInWords } from '../timeline/lanes.ts'
import { colourOfKind } from '../timeline/style.ts'
import type { ChartData, ChartFault, ChartNode, ChartPoints } from './chartTypes.ts'
import type { Curve, ReportData, ReportLife } from './reportData.ts'

const outcomes = ['ok', 'fail', 'info']
const longestText = 200
/** Keys and errors of so many letters in all keep the page small; points beyond are drawn without. */
const mostTextLetters = 900_000
/** A fault that is drawn by itself. Beyond, those of a name are merged when they are closer than this part of the time. */
const mostFaults = 150
const closeRatio = 1 / 300

export function chartDataOf(report: ReportData): ChartData {
  const { startMs, endMs } = spanOf(report)
  const at = (ms: number) => tenth(ms - startMs)
  const { overTime } = report.operations
  const perSecond = (counts: readonly number[]) =>
    counts.map((count) => Math.round((count * 100_000) / overTime.widthMs) / 100)
  return {
    startMs,
    spanMs: tenth(endMs - startMs),
    nodes: report.nodes.map(({ name, lives, leads }) => ({
      name,
      memory: curvesOf(lives, 'memory', at),
      handles: curvesOf(lives, 'handles', at),
      lives: lives.map((life) => ({
        name: `${name}.${life.incarnation}`,
        from: at(life.startedAtMs),
        to: at(life.exit?.atMs ?? endMs),
        end: endInWords(life.exit),
        crashed: life.exit?.asked === false,
      })),
      leads: leads.map(({ fromMs, toMs, of }) => ({ from: at(fromMs), to: at(toMs ?? endMs), of: of ?? '' })),
      marks: report.marks.shown.flatMap((mark, id) =>
        mark.node === name ? [{ at: at(mark.atMs), id, name: mark.name, text: mark.text }] : [],
      ),
    })),
    faults: faultsOf(report.faults, at, endMs),
    overTime: {
      widthMs: overTime.widthMs,
      at: overTime.startMs.map((ms) => at(ms + overTime.widthMs / 2)),
      okPerSecond: perSecond(overTime.ok),
      failPerSecond: perSecond(overTime.fail),
      infoPerSecond: perSecond(overTime.info),
      p50Ms: overTime.p50Ms.map(micros),
      p95Ms: overTime.p95Ms.map(micros),
      p99Ms: overTime.p99Ms.map(micros),
      maxMs: overTime.maxMs.map(micros),
    },
    points: pointsOf(report, at),
  }
}

/** From the first thing that is known to the last. */
export function spanOf(report: ReportData): { startMs: number; endMs: number } {
  return spanOfTimes(timesOf(report))
}

function* timesOf({ nodes, operations, faults }: ReportData): Generator<number | undefined> {
  for (const { lives } of nodes) {
    for (const { startedAtMs, exit, memory } of lives) {
      yield* [startedAtMs, exit?.atMs, memory.atMs[0], memory.atMs.at(-1)]
    }
  }
  for (const { atMs, latencyMs } of operations.points) yield* [atMs, atMs + latencyMs]
  for (const { openedAtMs, healedAtMs } of faults) yield* [openedAtMs, healedAtMs]
}

/** A sample is written when the value moved, and once a second: until then, and a little later, the last one stands. */
const heldMs = 1_500

/** The curves of all lives in one, with a gap after each: at the end of the life, which both curves of a node have in common. */
function curvesOf(lives: readonly ReportLife[], of: 'memory' | 'handles', at: (ms: number) => number) {
  const curve: ChartNode['memory'] = { at: [], values: [] }
  const push = (ms: number, value: number | null) => {
    // Two samples of one moment would break the order that the chart needs.
    curve.at.push(tenth(Math.max(at(ms), (curve.at.at(-1) ?? -1) + 0.1)))
    curve.values.push(value)
  }
  for (const life of lives) {
    const { atMs, values }: Curve = life[of]
    const endMs = life.exit?.atMs ?? Number.POSITIVE_INFINITY
    // What was sampled of a life after its end is of nobody.
    for (const [index, ms] of atMs.entries()) if (ms < endMs) push(ms, values[index] ?? null)
    if (!Number.isFinite(endMs)) continue
    const last = atMs.findLastIndex((ms) => ms < endMs)
    if (last >= 0 && endMs - (atMs[last] ?? 0) <= heldMs) push(endMs - 0.1, values[last] ?? null)
    push(endMs, null)
  }
  return curve
}

function faultsOf(faults: readonly SavedFault[], at: (ms: number) => number, endMs: number): ChartFault[] {
  const single = (fault: SavedFault): ChartFault & { counts: Record<string, number> } => ({
    name: fault.name,
    kind: fault.kind,
    colour: colourOfKind(fault.kind),
    nodes: [...new Set(fault.targets.flatMap(nodesOfTarget))],
    from: at(fault.openedAtMs),
    to: at(fault.healedAtMs ?? endMs),
    count: 1,
    did: '',
    healed: fault.healedAtMs !== undefined,
    counts: { ...fault.counts },
  })
  const closeMs =
    faults.length > mostFaults ? (endMs - Math.min(...faults.map((each) => each.openedAtMs))) * closeRatio : -1
  const merged = [...Map.groupBy(faults, ({ name }) => name).values()].flatMap((same) => {
    const bars: ReturnType<typeof single>[] = []
    for (const fault of same.toSorted((a, b) => a.openedAtMs - b.openedAtMs).map(single)) {
      const last = bars.at(-1)
      if (last === undefined || fault.from - last.to > closeMs) {
        bars.push(fault)
        continue
      }
      last.to = Math.max(last.to, fault.to)
      last.count += fault.count
      last.healed &&= fault.healed
      for (const [name, count] of Object.entries(fault.counts)) last.counts[name] = (last.counts[name] ?? 0) + count
    }
    return bars
  })
  return merged
    .sort((a, b) => a.from - b.from)
    .map(({ counts, ...fault }) => ({ ...fault, did: countsInWords(counts).join(', ') }))
}

function pointsOf(report: ReportData, at: (ms: number) => number): ChartPoints {
  const texts = new Map<string, number>()
  let letters = 0
  const textAt = (text: string | undefined): number => {
    if (text === undefined) return -1
    const cut = text.slice(0, longestText)
    const known = texts.get(cut)
    if (known !== undefined) return known
    letters += cut.length
    if (letters > mostTextLetters) return -1
    texts.set(cut, texts.size)
    return texts.size - 1
  }
  const { points } = report.operations
  return {
    at: points.map(({ atMs }) => at(atMs)),
    ms: points.map(({ latencyMs }) => micros(latencyMs)),
    outcome: points.map(({ outcome }) => outcomes.indexOf(outcome)),
    kind: points.map(({ kind }) => textAt(kind)),
    node: points.map(({ node }) => textAt(node)),
    client: points.map(({ client }) => textAt(client)),
    error: points.map(({ error }) => textAt(error)),
    key: points.map(({ key }) => textAt(key)),
    texts: [...texts.keys()],
  }
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10
}

/** To the microsecond: what a clock can tell. */
function micros<T extends number | null>(ms: T): T {
  return (ms === null || Number.isNaN(ms) ? null : Math.round(ms * 1_000) / 1_000) as T
}
