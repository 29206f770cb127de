import { relative } from 'node:path'
import Table from 'cli-table3'
import { shownText } from '../base/shownText.ts'
import { formatCount, formatMs } from '../base/units.ts'
import type { CoverageReport } from '../explore/coverage.ts'
import { type ExploreResult, type Found, outcomeOf } from '../explore/explore.ts'
import type { RunOutcome } from '../explore/runOutcome.ts'
import { missedPairs, type SequenceReport } from '../explore/sequences.ts'
import { describeRate } from '../explore/smallestPlan.ts'
import type { Trouble } from '../explore/trouble.ts'
import { describeScheduled } from '../nemesis/schedule.ts'
import { replayCommand } from '../run/againCommand.ts'
import { pc } from './colours.ts'

/** "run 12  passed  rows, 3 nodes  5 of 7 faults took effect  1 240 operations  3 410 ms" on a line. */
export function describeRun(number: number, outcome: RunOutcome): string {
  const { plan, findings, troubles, weak, played, operations, durationMs } = outcome
  const verdict = verdictOn(outcome)
  const effective = played.filter(({ outcome }) => outcome === 'effective').length
  const done = operations.ok + operations.fail + operations.info
  const head = `run ${number}  ${verdict}  ${plan.workload}, ${plan.nodes} nodes`
  const line = `${head}  ${effective} of ${plan.schedule.faults.length} faults took effect  ${done} operations  ${formatMs(durationMs)}`
  return [
    line,
    ...findings.map(({ by, message }) => `  ${pc.bold(by)}  ${shownText(message)}`),
    ...troubles.map(troubleInWords),
    ...(weak === undefined ? [] : [`  ${weak}`]),
  ].join('\n')
}

function verdictOn({ findings, troubles, weak }: RunOutcome): string {
  if (findings.length > 0) return pc.red('failed')
  if (troubles.length > 0) return pc.yellow('trouble')
  return weak === undefined ? pc.green('passed') : pc.yellow('weak')
}

/** What is tried once more. */
export function describeTrouble(number: number, troubles: readonly Trouble[]): string {
  return [`run ${number}  ${pc.yellow('trouble')}, so once more`, ...troubles.map(troubleInWords)].join('\n')
}

function troubleInWords({ by, message, host }: Trouble): string {
  return `  ${pc.bold(by)}  ${shownText(message)}${host === undefined ? '' : ` Meanwhile ${host}.`}`
}

/** What an exploration is not worth. */
function describeWeakness({ weak, troubled, runs }: ExploreResult): string[] {
  return [
    ...(weak.length > 0
      ? [
          [
            `${pc.yellow('weak')}  ${weak.length} of ${runs} runs say little and do not count as passed:`,
            ...weak.map(({ run, workload, why }) => `  run ${run}, ${workload}: ${why}`),
          ].join('\n'),
        ]
      : []),
    ...(troubled.length > 0
      ? [
          [
            `${pc.yellow('trouble')}  ${troubled.length} of ${runs} runs say nothing of the system:`,
            ...troubled.flatMap(({ run, troubles }) => [`  run ${run}`, ...troubles.map(troubleInWords)]),
          ].join('\n'),
        ]
      : []),
  ]
}

/** All that an exploration has to say in the end, in paragraphs. */
export function describeExploration(result: ExploreResult, root: string): string[] {
  const { runs, found, operations, faults, weak, durationMs, neverJudged, stopped, seed } = result
  const isEvidence = outcomeOf(result) !== 'inconclusive'
  const head = found[0]
    ? `${pc.red('found')} by run ${found[0].run}, in ${runs} runs`
    : `${isEvidence ? pc.green('nothing found') : pc.yellow('nothing found, and no evidence')} in ${runs} runs`
  return [
    ...found.map((each) => describeFound(each, root)),
    describeCoverage(result.coverage),
    ...describeWeakness(result),
    ...(neverJudged.length > 0
      ? [`${pc.yellow('never judged')}, for want of a witness: ${neverJudged.join(', ')}`]
      : []),
    ...(stopped === undefined ? [] : [`${pc.yellow('stopped')}: ${stopped}`]),
    `${head}, ${weak.length} of them weak, ${faults.effective} of ${faults.drawn} faults took effect: ${formatCount(operations.ok)} operations acknowledged, ${formatCount(operations.fail)} refused, ` +
      `${formatCount(operations.info)} undecided, in ${formatMs(durationMs)}  seed ${seed}`,
  ]
}

/** Folders as a reader finds them from where the command was given. */
export function shownFrom<Result extends ExploreResult>(result: Result, root: string): Result {
  const found = result.found.map((each) => ({
    ...each,
    folder: relative(root, each.folder),
    ...(each.shrunk ? { shrunk: { ...each.shrunk, folder: relative(root, each.shrunk.folder) } } : {}),
  }))
  return { ...result, found }
}

export function describeFound({ run, plan, findings, folder, shrunk }: Found, root: string): string {
  const shownFolder = relative(root, folder)
  const lines = [
    `${pc.red('failed')}  run ${run}, workload ${plan.workload} on ${plan.nodes} nodes`,
    ...findings.map(({ by, message }) => `  ${by}: ${shownText(message)}`),
    '  its schedule:',
    ...plan.schedule.faults.map((fault) => `    ${describeScheduled(fault)}`),
    `  Open ${shownFolder}/report.html`,
    `  Again: ${replayCommand(shownFolder, plan.system)}`,
  ]
  if (shrunk) {
    const { schedule } = shrunk.plan
    const end = shrunk.gaveUp && shrunk.tried > 0 ? '; there was no time to look for smaller ones' : ''
    lines.push(
      `  the smallest plan that failed, after ${shrunk.tried} were tried${end}; it fails ${describeRate(shrunk)}:`,
      ...(schedule.faults.length === 0
        ? ['    no fault at all']
        : schedule.faults.map((each) => `    ${describeScheduled(each)}`)),
      `  Again: ${replayCommand(relative(root, shrunk.folder), plan.system)}`,
    )
  }
  return lines.join('\n')
}

const pairsShown = 12
const sequencesShown = 6

function describeCoverage(coverage: CoverageReport): string {
  const { families, workloads, reachedCount, possibleCount, sequences, undeclared, never } = coverage
  const sum = (name: 'opened' | 'withoutEffect' | 'notOpened') =>
    Object.values(families).reduce((total, counts) => total + counts[name], 0)
  const opened = Object.entries(families).map(([family, counts]) => `${family} ${counts.opened}`)
  const ran = Object.entries(workloads).map(([name, runs]) => `${name} ${runs}`)
  const neverSaid = [
    ...(never.families.length > 0 ? [`faults ${never.families.join(', ')}`] : []),
    ...(never.workloads.length > 0 ? [`workloads ${never.workloads.join(', ')}`] : []),
    ...(never.states.length > 0 ? [`states ${never.states.join(', ')}`] : []),
    ...firstOf(never.pairs, pairsShown, 'pairs of state and fault'),
  ]
  return [
    `faults  ${sum('opened')} opened and healed (${opened.join(', ')}), ${sum('withoutEffect')} of them without effect, ` +
      `${sum('notOpened')} not opened`,
    `runs  ${ran.join(', ')}`,
    `met  ${reachedCount} of ${possibleCount} combinations of fault, workload and state; under so many kinds of fault:`,
    reachedTable(coverage),
    describeSequences('on one node', sequences.onNode),
    ...(sequences.acrossNodes.possibleCount > 0 ? [describeSequences('from node to node', sequences.acrossNodes)] : []),
    ...(neverSaid.length > 0 ? [`never met  ${neverSaid.join('; ')}`] : []),
    ...(undeclared.length > 0
      ? [`${pc.yellow('met all the same')}, where the exploration says it cannot be: ${undeclared.join(', ')}`]
      : []),
  ].join('\n')
}

/** "in order, on one node  61 of 196 pairs of states; never log compacted → peer lost; …": only of states that were reached. */
function describeSequences(where: string, report: SequenceReport): string {
  const never = missedPairs(report).map(([from, to]) => `${from} → ${to}`)
  const missed = never.length > 0 ? `; never ${firstOf(never, sequencesShown, 'pairs').join('; ')}` : ''
  return `in order, ${where}  ${report.reachedCount} of ${report.possibleCount} pairs of states${missed}`
}

function firstOf(all: readonly string[], most: number, what: string): string[] {
  return all.length <= most ? [...all] : [...all.slice(0, most), `and ${all.length - most} more ${what}`]
}

/** By state and workload, under how many families of faults it was seen; 0 in quiet times only, - never, nothing where it cannot be. */
function reachedTable({ reached, missed, workloads }: CoverageReport): string {
  const names = Object.keys(workloads)
  const table = new Table({ head: ['state', ...names], style: { head: [], border: [] } })
  const cell = (state: string, name: string) =>
    reached[state]?.[name]?.length ?? (missed[state]?.[name] === undefined ? '' : '-')
  for (const state of Object.keys(missed)) table.push([state, ...names.map((name) => cell(state, name))])
  return table.toString()
}
