/** What a report of a long history costs: the time and the memory of reading it as a stream, beside reading and parsing its lines alone. */
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { formatCount, MiB } from '../harness/src/base/units.ts'
import type { BenchRow } from './row.ts'

/** BREAKWATER_BENCH_OPERATIONS asks for another number: 10 million take 2 GB of disk and a minute or two. */
const operationCount = Number(process.env.BREAKWATER_BENCH_OPERATIONS ?? 10_000_000)
const mostTimes = 2
const mostRssMiB = 400
const mostPageMiB = 5

interface Measured {
  cpuMs: number
  peakRssBytes: number
}

export async function benchReport(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-bench-'))
  try {
    writeHistory(folder)
    const alone = await measure('readAlone.ts', folder)
    const whole = await measure('writeReport.ts', folder)
    const of = `a report of ${formatCount(operationCount)} operations`
    const pageMiB = statSync(join(folder, 'report.html')).size / MiB
    const ratio = whole.cpuMs / alone.cpuMs
    return [
      {
        name: `CPU of ${of}`,
        value: whole.cpuMs / 1_000,
        unit: 's',
        goal: `at most ${mostTimes} times reading the history alone`,
        met: ratio <= mostTimes,
        reference: { name: 'reading and parsing its lines', value: alone.cpuMs / 1_000 },
        ratio,
      },
      {
        name: `Peak memory of ${of}`,
        value: whole.peakRssBytes / MiB,
        unit: 'MiB',
        goal: `at most ${mostRssMiB} MiB, however long the history`,
        met: whole.peakRssBytes <= mostRssMiB * MiB,
        reference: { name: 'reading and parsing its lines', value: alone.peakRssBytes / MiB },
      },
      {
        name: `Size of ${of}`,
        value: pageMiB,
        unit: 'MiB',
        goal: `at most ${mostPageMiB} MiB`,
        met: pageMiB <= mostPageMiB,
      },
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** In a process of its own: its peak is that of the work alone. */
async function measure(program: string, folder: string): Promise<Measured> {
  const { stdout } = await execa(process.execPath, [join(import.meta.dirname, 'report', program), folder])
  return JSON.parse(stdout) as Measured
}

const t0 = 1_780_000_000_000

/** Ten minutes of load, one operation in a hundred refused or lost, with latencies over four powers of ten. */
function writeHistory(folder: string): void {
  const guard = { id: 'BENCH', title: 'BENCH a long history', seed: 1, checks: [], faults: [], nodes: [] }
  writeFileSync(join(folder, 'guard.json'), JSON.stringify(guard))
  const file = openSync(join(folder, 'history.jsonl'), 'w')
  writeSync(file, `{"type":"header","version":2,"seed":1,"guard":"BENCH"}\n`)
  const everyMs = 600_000 / operationCount
  for (let id = 0; id < operationCount; ) {
    const lines: string[] = []
    for (const end = Math.min(id + 5_000, operationCount); id < end; id++) {
      const startedAtMs = t0 + id * everyMs
      const latencyMs = 0.2 * 1.0001 ** ((id * 7_919) % 92_103)
      const ended =
        id % 100 === 0
          ? id % 200 === 0
            ? `"fail","error":"refused by n${id % 3}"`
            : `"info","error":"the connection was reset"`
          : '"ok"'
      lines.push(
        `{"type":"invocation","id":${id},"client":"c${id % 50}","node":"n${id % 3}","kind":"${id % 4 === 0 ? 'read' : 'insert'}","table":"rows","key":"r${id}","startedAtMs":${startedAtMs.toFixed(3)}}\n`,
        `{"type":"outcome","id":${id},"endedAtMs":${(startedAtMs + latencyMs).toFixed(3)},"outcome":${ended}}\n`,
      )
    }
    writeSync(file, lines.join(''))
  }
  writeSync(file, `{"type":"end","lines":${2 * operationCount + 1}}\n`)
  closeSync(file)
}
