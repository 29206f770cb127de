import { basename, dirname, join, relative } from 'node:path'
import { formatCount, formatMs } from '../base/units.ts'
import { counted } from '../check/verdict.ts'
import { describeScheduled } from '../nemesis/schedule.ts'
import { replayCommand } from '../run/againCommand.ts'
import { writeArtifact } from '../run/artifact.ts'
import { documentOf } from '../run/report/document.ts'
import { type Child, element, type Markup } from '../run/report/markup.ts'
import { badge, commandBox, linkTo, pageHeader, section, table } from '../run/report/parts.ts'
import type { CoverageReport } from './coverage.ts'
import { type ExploreResult, type Found, outcomeOf } from './explore.ts'
import type { MergedExploration } from './mergeExplorations.ts'
import type { SequenceReport } from './sequences.ts'
import { describeRate } from './smallestPlan.ts'

/** report.html beside explore.json: what was found, with its plans, and what was met and never met. */
export function writeExplorePage(folder: string, result: ExploreResult): void {
  writeArtifact(join(folder, 'report.html'), explorePage(result))
}

/** The page of several shards; its links lead from where it lies to theirs. */
export function writeMergedPage(path: string, result: MergedExploration): void {
  writeArtifact(path, explorePage(result, { linkTo: (folder) => relative(dirname(path), folder) }))
}

export function explorePage(
  result: ExploreResult & Partial<Pick<MergedExploration, 'shards' | 'missing'>>,
  { linkTo: folderLink = basename }: { linkTo?: (folder: string) => string } = {},
): string {
  const { system, build, seed, runtime, runs, found, operations, faults, weak, coverage, neverJudged, durationMs } =
    result
  const title = `Exploration of ${system}`
  const head = pageHeader({
    title,
    badge: badge(result.missing?.length && found.length === 0 ? 'inconclusive' : outcomeOf(result)),
    facts: [
      `seed ${seed}`,
      ...(result.shard === undefined ? [] : [`shard ${result.shard}`]),
      `${counted(runs, 'run')}, ${weak.length} of them weak`,
      `${faults.effective} of ${counted(faults.drawn, 'fault')} took effect`,
      `${formatCount(operations.ok)} operations acknowledged, ${formatCount(operations.fail)} refused, ${formatCount(operations.info)} undecided`,
      `on ${runtime}`,
      formatMs(durationMs),
      ...(build === undefined ? [] : [`known-bad build ${build}`]),
      ...(result.interrupted ? ['interrupted'] : []),
    ],
  })
  const unjudged =
    neverJudged.length > 0 ? `Never judged, for want of a witness: ${neverJudged.join(', ')}.` : undefined
  const main = element(
    'main',
    {},
    unjudged === undefined ? undefined : element('p', {}, unjudged),
    found.length > 0
      ? found.map((each) => foundSection(each, folderLink))
      : section('Found', element('p', {}, `Nothing, in ${counted(runs, 'run')}.`)),
    ...weakSections(result),
    ...shardSections(result.shards ?? [], result.missing ?? []),
    section('Faults', faultTable(coverage)),
    section('States reached, by workload and fault', ...stateTable(coverage)),
    section('States in order, on one node', ...sequenceTable(coverage.sequences.onNode)),
    ...(coverage.sequences.acrossNodes.possibleCount > 0
      ? [section('States in order, from node to node', ...sequenceTable(coverage.sequences.acrossNodes))]
      : []),
    section('Never met', neverList(coverage)),
  )
  return documentOf({ title, body: [head, main] })
}

function shardSections(shards: MergedExploration['shards'], missing: readonly string[]): Markup[] {
  if (shards.length === 0) return []
  const rows = shards.map(({ shard, folder, runs, weak, found }): Child[] => [shard, runs, weak, found, folder])
  return [
    section(
      'Shards',
      ...(missing.length > 0 ? [element('p', {}, `There is no result of ${missing.join(', ')}.`)] : []),
      table(['shard', 'runs', 'of them weak', 'found', 'folder'], rows),
    ),
  ]
}

function foundSection({ run, plan, findings, folder, shrunk }: Found, folderLink: (folder: string) => string): Markup {
  return section(
    `Found in run ${run}: ${plan.workload}, ${counted(plan.nodes, 'node')}`,
    element('pre', { class: 'message failed' }, findings.map(({ by, message }) => `${by}: ${message}`).join('\n')),
    element('p', {}, linkTo(`${folderLink(folder)}/report.html`, 'What the run saw')),
    planList('Its schedule', plan.schedule.faults),
    commandBox(replayCommand(folder, plan.system)),
    ...(shrunk
      ? [
          planList(
            `The smallest plan that failed, of ${shrunk.tried} that were tried: it fails ${describeRate(shrunk)}`,
            shrunk.plan.schedule.faults,
          ),
          ...(shrunk.gaveUp && shrunk.tried > 0
            ? [element('p', {}, 'There was no time to look for smaller ones.')]
            : []),
          element('p', {}, linkTo(`${folderLink(shrunk.folder)}/report.html`, 'What it saw')),
          commandBox(replayCommand(shrunk.folder, plan.system)),
        ]
      : []),
  )
}

function weakSections({ weak, troubled }: ExploreResult): Markup[] {
  return [
    ...(weak.length === 0
      ? []
      : [
          section(
            'Weak runs',
            element('p', {}, 'They say little, and do not count as passed.'),
            table(
              ['run', 'workload', 'why'],
              weak.map(({ run, workload, why }): Child[] => [run, workload, why]),
            ),
          ),
        ]),
    ...(troubled.length === 0
      ? []
      : [
          section(
            'Trouble',
            element('p', {}, 'These runs say nothing of the system.'),
            table(
              ['run', 'workload', 'when', 'what', 'the host'],
              troubled.flatMap(({ run, workload, troubles }) =>
                troubles.map(({ by, message, host }): Child[] => [run, workload, by, message, host ?? '–']),
              ),
            ),
          ),
        ]),
  ]
}

function planList(title: string, faults: Found['plan']['schedule']['faults']): Markup {
  const lines = faults.length === 0 ? ['no fault at all'] : faults.map(describeScheduled)
  return element('div', {}, element('p', {}, title), element('pre', {}, lines.join('\n')))
}

function faultTable({ families }: CoverageReport): Markup {
  const rows = Object.entries(families)
    .toSorted(([, a], [, b]) => b.opened - a.opened)
    .map(([family, { opened, withoutEffect, notOpened }]): Child[] => [family, opened, withoutEffect, notOpened])
  return table(['fault', 'opened and healed', 'of them without effect', 'never opened'], rows)
}

function stateTable({ reached, missed, workloads, reachedCount, possibleCount }: CoverageReport): Child[] {
  const names = Object.keys(workloads)
  const rows = Object.keys(missed).map((state): Child[] => [
    state,
    ...names.map((name) =>
      reached[state]?.[name]
        ? reached[state][name].join(', ') || 'in quiet times'
        : missed[state]?.[name] === undefined
          ? ''
          : '–',
    ),
  ])
  const runs = names.map((name) => `${name}, ${counted(workloads[name] ?? 0, 'run')}`)
  return [
    element(
      'p',
      {},
      `${reachedCount} of ${possibleCount} combinations of fault, workload and state were met. A dash: never; empty: it cannot be.`,
    ),
    table(['state', ...runs], rows),
  ]
}

/** From the state of the row to that of the column, in how many runs. */
function sequenceTable(report: SequenceReport): Child[] {
  const { reached, missed, reachedCount, possibleCount } = report
  const names = [
    ...new Set([...Object.keys(reached), ...Object.values(reached).flatMap((known) => Object.keys(known))]),
  ]
  const met = names.toSorted()
  const told = element(
    'p',
    {},
    `${reachedCount} of ${possibleCount} pairs were met: a state (row), and the next one after it (column), in so many runs. A dash: never; empty: it cannot be. States that no pair was met of are left out.`,
  )
  if (met.length === 0) return [told]
  const cell = (from: string, to: string) => reached[from]?.[to] ?? (missed[from]?.includes(to) ? '–' : '')
  return [
    told,
    table(
      ['state', ...met],
      met.map((from): Child[] => [from, ...met.map((to) => cell(from, to))]),
    ),
  ]
}

function neverList({ never, undeclared }: CoverageReport): Child {
  const lines = [
    ...undeclared.map((met) => `But met all the same, where the exploration says it cannot be: ${met}`),
    ...never.families.map((family) => `the fault ${family}`),
    ...never.workloads.map((workload) => `the workload ${workload}`),
    ...never.states.map((state) => `the state ${state}`),
    ...never.pairs,
  ]
  if (lines.length === 0) return element('p', {}, 'Nothing: every state was met under every fault in some workload.')
  return element(
    'ul',
    {},
    lines.map((line) => element('li', {}, line)),
  )
}
