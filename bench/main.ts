/** `npm run bench [-- names]`: every figure as a ratio to a reference of the same run, with the absolute value beside it. */
import type { BenchRow } from './row.ts'

const benches: Record<string, () => Promise<BenchRow[]>> = {
  link: async () => (await import('./link.ts')).benchLink(),
  memory: async () => (await import('./memory.ts')).benchMemory(),
  cluster: async () => (await import('./cluster.ts')).benchCluster(),
  containers: async () => (await import('./containers.ts')).benchContainers(),
  faults: async () => (await import('./faults.ts')).benchFaults(),
  checkers: async () => (await import('./checkers.ts')).benchCheckers(),
  workload: async () => (await import('./workload.ts')).benchWorkload(),
  vectord: async () => (await import('./vectord.ts')).benchVectord(),
  peer: async () => (await import('./peer.ts')).benchPeer(),
  report: async () => (await import('./report.ts')).benchReport(),
  replication: async () => (await import('./replication.ts')).benchReplication(),
}

/** Minutes: several times what each takes on an idle machine of two cores. A bench that hangs says so and ends. */
const deadlineMinutes: Record<string, number> = {
  containers: 20,
  checkers: 20,
  vectord: 40,
  peer: 20,
  report: 20,
  replication: 30,
}
const usualDeadlineMinutes = 10

const json = process.argv.includes('--json')
const words = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const unknown = words.find((word) => !(word in benches))
const badOption = process.argv.slice(2).find((word) => word.startsWith('--') && word !== '--json' && word !== '--help')

if (process.argv.includes('--help')) {
  process.stdout.write(`npm run bench [-- ${Object.keys(benches).join(' | ')}] [--json]\n`)
} else if (unknown !== undefined || badOption !== undefined) {
  const what = unknown === undefined ? `option "${badOption}"` : `bench "${unknown}"`
  process.stderr.write(`There is no ${what}; there are: ${Object.keys(benches).join(', ')}, and --json.\n`)
  process.exitCode = 2
} else {
  const rows: BenchRow[] = []
  for (const name of words.length > 0 ? words : Object.keys(benches)) {
    const found = await beforeDeadline(name)
    rows.push(...(found ?? []))
    if (!json) for (const row of found ?? []) process.stdout.write(`${describe(row)}\n`)
  }
  if (json) process.stdout.write(`${JSON.stringify({ rows, met: rows.every((row) => row.met !== false) })}\n`)
  process.exitCode = rows.every((row) => row.met !== false) ? 0 : 1
}

async function beforeDeadline(name: string): Promise<BenchRow[] | undefined> {
  const minutes = deadlineMinutes[name] ?? usualDeadlineMinutes
  const late = setTimeout(() => {
    process.stderr.write(
      `The bench "${name}" gave no figures within ${minutes} min, so it was ended; run it alone: npm run bench -- ${name}\n`,
    )
    // What it started goes with this process: the watchdog sees to it.
    process.exit(1)
  }, minutes * 60_000)
  try {
    return await benches[name]?.()
  } finally {
    clearTimeout(late)
  }
}

function describe(row: BenchRow): string {
  if (row.skipped !== undefined) return `skipped ${row.name}: ${row.skipped}`
  const ratio = row.ratio === undefined ? '' : `, ${row.ratio.toFixed(2)}x`
  const reference = row.reference ? ` (${row.reference.name} ${format(row.reference.value)}${ratio})` : ''
  return `${judged(row)}  ${row.name}: ${format(row.value)} ${row.unit}${reference}  goal ${row.goal}`
}

function judged({ met }: BenchRow): string {
  if (met === undefined) return 'noted '
  return met ? 'met   ' : 'MISSED'
}

function format(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toFixed(2)
}
