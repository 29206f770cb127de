import Table from 'cli-table3'
import { pc } from './colours.ts'
import type { KnownBadBuild } from './knownBad.ts'
import type { GuardRow } from './outcome.ts'
import type { ProofResult, ProofRow } from './prove.ts'

const cells: Record<ProofResult, string> = {
  killed: pc.green('killed'),
  noticed: pc.green('+'),
  survived: pc.red('SURVIVED'),
  otherAssertion: pc.red('other'),
  inconclusive: pc.yellow('incon.'),
  notLoaded: pc.red('no load'),
  stale: pc.red('stale'),
}

/** Builds down, guards across: what each guard said of each build that it was run against. */
export function killMatrix(
  builds: readonly KnownBadBuild[],
  guards: readonly string[],
  rows: readonly ProofRow[],
  onGood: readonly GuardRow[],
): string {
  const table = new Table({ head: ['build', ...guards], style: { head: [], border: [] } })
  const good = guards.map((guard) => {
    const row = onGood.find((each) => each.id === guard)
    return row?.outcome === 'passed' ? pc.green('passed') : pc.red(row?.outcome ?? 'missing')
  })
  table.push(['(good)', ...good])
  for (const build of builds) {
    table.push([build.id, ...guards.map((guard) => cellOf(rows, build.id, guard))])
  }
  return table.toString()
}

function cellOf(rows: readonly ProofRow[], build: string, guard: string): string {
  const row = rows.find((each) => each.build === build && each.guard === guard)
  if (!row) return pc.dim('·')
  return !row.named && row.result === 'survived' ? pc.dim('-') : cells[row.result]
}
