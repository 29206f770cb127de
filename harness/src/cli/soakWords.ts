import { shellCommand } from '../base/shellQuote.ts'
import { shownLine, shownText } from '../base/shownText.ts'
import { formatBytes, formatCount, formatMs } from '../base/units.ts'
import type { Verdict } from '../check/verdict.ts'
import { ownEnvironment, resumeCommand } from '../run/againCommand.ts'
import { clock } from '../run/report/clock.ts'
import { longestLives } from '../soak/nodeReading.ts'
import { neverJudged } from '../soak/outcome.ts'
import type { SoakRecord, SoakWindow } from '../soak/soakRecord.ts'
import { churnOf, trendOf } from '../soak/trend.ts'
import { pc } from './colours.ts'

const marks: Record<Verdict['verdict'], string> = {
  valid: pc.green('holds'),
  invalid: pc.red('failed'),
  unknown: pc.yellow('open'),
}

/** One window on a line, its findings below. */
export function windowLine({
  number,
  operations,
  durationMs,
  latencyP99Ms,
  calm,
  faults,
  findings,
  carried,
}: SoakWindow): string {
  const verdict = findings.length > 0 ? pc.red('failed') : pc.green('passed')
  const done = operations.ok + operations.fail + operations.info
  const rate = calm ? `, ${((calm.acknowledged * 1_000) / calm.durationMs).toFixed(0)}/s in the calm` : ''
  const kept = carried.length > 0 ? `  ${carried.length} earlier windows still whole` : ''
  return [
    `window ${number}  ${verdict}  ${formatCount(done)} operations${rate}  p99 ${formatMs(calm?.latencyP99Ms ?? latencyP99Ms)}  ` +
      `${faults.healed} faults healed  ${clock(durationMs, 1_000)}${kept}`,
    ...findings.map(({ by, message }) => `  ${pc.bold(by)}  ${shownText(message)}`),
  ].join('\n')
}

/** "n1 +12 MiB/h": how what each node keeps goes, for those that can be judged. */
export function memoryWords({ readings, warmUpMs }: Pick<SoakRecord, 'readings' | 'warmUpMs'>): string {
  const words = [...longestLives(readings, warmUpMs)].flatMap(([node, life]) => {
    const trend = trendOf(
      life.map(({ atMs, retainedBytes, rssAnonBytes }) => ({ atMs, value: retainedBytes ?? rssAnonBytes })),
    )
    if (!trend) return []
    const { slopePerHour, lowPerHour, highPerHour } = trend
    const half = (highPerHour - lowPerHour) / 2
    return [
      `${node} ${slopePerHour < 0 ? '-' : '+'}${formatBytes(Math.abs(Math.round(slopePerHour)))}/h ± ${formatBytes(Math.round(half))}`,
    ]
  })
  return words.join(', ') || 'too early to tell'
}

const leastFallBytes = 8 * 1024 ** 2

/** What went up and came back is told, and is no leak. */
function churnWords({ readings, warmUpMs }: SoakRecord): string[] {
  return [...longestLives(readings, warmUpMs)].flatMap(([node, life]) => {
    const { falls, greatestFall } = churnOf(
      life.map(({ atMs, rssAnonBytes }) => ({ atMs, value: rssAnonBytes })),
      leastFallBytes,
    )
    return falls < 2 ? [] : [`${node} gave private memory back ${falls} times, at most ${formatBytes(greatestFall)}`]
  })
}

export function closingOf(record: SoakRecord, folder: string): string {
  const {
    system,
    outcome,
    windows,
    operations,
    faults,
    findings,
    verdicts,
    runners,
    elapsedMs,
    judged,
    diskBytes,
    mostDiskBytes,
  } = record
  const colour = outcome === 'passed' ? pc.green : outcome === 'failed' ? pc.red : pc.yellow
  const families = Object.entries(faults.families).map(([family, count]) => `${family} ${count}`)
  const never = neverJudged(record)
  const again =
    outcome === 'interrupted' || outcome === 'underWay' || record.stopped !== undefined
      ? `  Go on: ${resumeCommand(folder, system)}`
      : `  Again: ${ownEnvironment()}${shellCommand([
          ...['npm', 'run', 'soak', '--', '--system', system],
          ...['--duration', `${Math.round(record.durationMs / 1_000)}s`, '--rate', record.ratePerSecond],
          ...['--seed', record.seed, ...(record.build ? ['--build', record.build] : [])],
          ...(record.windowMs % 1_000 === 0 ? ['--window', `${record.windowMs / 1_000}s`] : []),
          ...(record.runtime === 'process' ? [] : ['--runtime', record.runtime]),
        ])}`
  return [
    `${colour(outcome)}  soak of ${system}: ${clock(elapsedMs, 1_000)}, ${windows.length} windows, ${formatCount(operations.ok)} operations acknowledged, ` +
      `${formatCount(operations.fail)} refused, ${formatCount(operations.info)} undecided`,
    `  ${formatCount(faults.healed)} faults healed, ${formatCount(faults.withoutEffect)} of them without effect (${families.join(', ')}); ${formatCount(faults.notOpened)} not opened`,
    ...findings.map(
      ({ window, by, message }) => `  ${pc.red('found')} in window ${window}, ${pc.bold(by)}: ${shownText(message)}`,
    ),
    ...verdicts.map(({ verdict, claim, found }) => `  ${marks[verdict]}  ${shownLine(`${claim}: ${found}`)}`),
    `  judged  ${Object.entries(judged)
      .map(([checker, { valid, invalid, unknown }]) => `${checker} ${valid}/${valid + invalid + unknown}`)
      .join(', ')}`,
    ...(never.length > 0 ? [`  ${pc.yellow('never judged')}, for want of a witness: ${never.join(', ')}`] : []),
    ...churnWords(record).map((words) => `  churn  ${words}`),
    ...runners.flatMap(({ lost, firstWindow }) =>
      lost ? [`  went on at window ${firstWindow} in a new runner; lost: ${lost}`] : [],
    ),
    ...(record.stopped === undefined ? [] : [`  ${pc.yellow('stopped')}, because ${shownLine(record.stopped)}`]),
    `  disk  ${formatBytes(diskBytes)} of at most ${formatBytes(mostDiskBytes)}`,
    `  Open ${folder}`,
    again,
  ].join('\n')
}
