import type { FamilyName } from '../nemesis/schedule.ts'
import { type CoverageReport, countsOf, neverOf } from './coverage.ts'
import { mergeSequences } from './sequences.ts'

type Cells = CoverageReport['reached']

/** What several explorations of one system met together, and what none of them did. */
export function mergeCoverage(reports: readonly CoverageReport[]): CoverageReport {
  const families: CoverageReport['families'] = {}
  const runs: CoverageReport['workloads'] = {}
  for (const report of reports) {
    for (const [family, counts] of Object.entries(report.families)) {
      const sum = families[family] ?? { opened: 0, withoutEffect: 0, notOpened: 0 }
      families[family] = {
        opened: sum.opened + counts.opened,
        withoutEffect: sum.withoutEffect + counts.withoutEffect,
        notOpened: sum.notOpened + counts.notOpened,
      }
    }
    for (const [name, count] of Object.entries(report.workloads)) runs[name] = (runs[name] ?? 0) + count
  }
  const reached = union(reports.map((report) => report.reached))
  const missed = less(union(reports.map((report) => report.missed)), reached)
  return {
    families,
    workloads: runs,
    reached,
    missed,
    ...countsOf(reached, missed),
    sequences: {
      onNode: mergeSequences(reports.map(({ sequences }) => sequences.onNode)),
      acrossNodes: mergeSequences(reports.map(({ sequences }) => sequences.acrossNodes)),
    },
    undeclared: [...new Set(reports.flatMap(({ undeclared }) => undeclared))],
    never: neverOf({
      families,
      drawn: [
        ...new Set([...(Object.keys(families) as FamilyName[]), ...reports.flatMap(({ never }) => never.families)]),
      ],
      runs,
      workloads: [...new Set([...Object.keys(runs), ...reports.flatMap(({ never }) => never.workloads)])],
      reached,
      missed,
    }),
  }
}

function union(all: readonly Cells[]): Cells {
  const sum: Cells = {}
  for (const cells of all) {
    for (const [state, byWorkload] of Object.entries(cells)) {
      const own = sum[state] ?? {}
      for (const [workload, names] of Object.entries(byWorkload))
        own[workload] = [...new Set([...(own[workload] ?? []), ...names])]
      sum[state] = own
    }
  }
  return sum
}

function less(cells: Cells, others: Cells): Cells {
  return Object.fromEntries(
    Object.entries(cells).map(([state, byWorkload]) => [
      state,
      Object.fromEntries(
        Object.entries(byWorkload).map(([workload, names]) => [
          workload,
          names.filter((name) => !others[state]?.[workload]?.includes(name)),
        ]),
      ),
    ]),
  )
}
