import Table from 'cli-table3'
import { formatBytes, formatCount, formatMs } from '../base/units.ts'
import type { ClassFigures, LoadResult, ProcessFigures } from './loadResult.ts'

const plain = { style: { head: [], border: [] }, chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' } }

/** What a load saw, for people: a row for each class, one for each process, and the generator's own word. */
export function loadTable(result: LoadResult): string {
  const classes = new Table({
    ...plain,
    head: ['', 'runs', 'fail %', 'p50', 'p95', 'p99', 'max', 'ok/s', 'why not ok'],
  })
  for (const figures of result.figures()) classes.push(classRow(figures))
  const processes = new Table({ ...plain, head: ['process', 'CPU %', 'RSS', 'handles'] })
  for (const figures of result.processes()) processes.push(processRow(figures))
  return [
    `${result.name}: ${result.loop}, windows of ${formatMs(result.windowMs)}, seed ${result.seed}`,
    classes.toString(),
    ...(result.processes().length > 0 ? [processes.toString()] : []),
    generatorLine(result),
    ...result.runs.flatMap(({ window, attempt, voidBecause }) =>
      voidBecause === undefined ? [] : [`window ${window}, attempt ${attempt} is void: ${voidBecause}`],
    ),
  ].join('\n')
}

/** The same as plain data. */
export function loadJson(result: LoadResult): object {
  return {
    name: result.name,
    loop: result.loop,
    windowMs: result.windowMs,
    seed: result.seed,
    conclusive: result.isConclusive,
    classes: result.figures(),
    total: result.total(),
    processes: result.processes(),
    generator: { ...result.generator(), threads: result.threads },
    windows: result.runs.map(({ window, attempt, startedAtMs, endedAtMs, voidBecause }) => ({
      window,
      attempt,
      startedAtMs,
      endedAtMs,
      ...(voidBecause === undefined ? {} : { voidBecause }),
    })),
  }
}

function classRow(figures: ClassFigures): string[] {
  const [scenario, step] = figures.class.split('/')
  const why = Object.entries(figures.reasons).map(([reason, count]) => `${reason} ${formatCount(count)}`)
  return [
    step === undefined ? (scenario ?? '') : `  ${step}`,
    formatCount(figures.runs),
    (figures.failRatio * 100).toFixed(figures.failRatio === 0 ? 0 : 2),
    ...[figures.p50Ms, figures.p95Ms, figures.p99Ms, figures.maxMs].map(latency),
    figures.okPerSecond.toFixed(1),
    why.join(', '),
  ]
}

function processRow({ name, cpuRatio, rssBytes, handleCount }: ProcessFigures): string[] {
  if (cpuRatio === undefined || rssBytes === undefined || handleCount === undefined)
    return [name, 'was not there all the time', '', '']
  return [name, (cpuRatio * 100).toFixed(0), formatBytes(rssBytes), formatCount(handleCount)]
}

function generatorLine(result: LoadResult): string {
  const { lagP99Ms, coreRatio, cpuMsPerRun, saturated } = result.generator()
  const verdict = saturated ? 'generator saturated: these figures are INCONCLUSIVE' : 'generator'
  const threads = result.threads === 1 ? '1 thread' : `${result.threads} threads`
  return `${verdict}: ${threads}, schedule lag p99 ${latency(lagP99Ms)}, busiest core ${(coreRatio * 100).toFixed(0)} %, ${(cpuMsPerRun * 1_000).toFixed(1)} us CPU a run`
}

/** Below 10 ms a tenth is too coarse to read a search by. */
function latency(ms: number): string {
  return ms < 10 ? `${ms.toFixed(2)} ms` : formatMs(ms)
}
