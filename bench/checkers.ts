import { existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { modelFor } from '../harness/src/check/linearizable/models.ts'
import { linearizable } from '../harness/src/check/linearizable.ts'
import { readHistory } from '../harness/src/history/readHistory.ts'
import type { BenchRow } from './row.ts'

const rounds = 5
const limitRatio = 2
const copies = join(import.meta.dirname, '../fixtures/histories/foreign')
const given = join(import.meta.dirname, '../../shared/histories')

interface Judged {
  file: string
  valid: boolean
  timesMs: number[]
}

/**
 * How long the check for linearizability takes beside Porcupine's, on the histories that were given where they lie beside
 * the repository, else on the copies. Judging alone, without reading; the median of five rounds of each file, summed.
 */
export async function benchCheckers(): Promise<BenchRow[]> {
  const root = existsSync(given) ? given : copies
  const files = globSync('{etcd,kv}/*.{log,txt}', { cwd: root })
    .sort()
    .map((file) => join(root, file))
  const porcupine = await judgeByPorcupine(files)
  const own = files.map(judgeOurselves)
  return (['etcd', 'kv'] as const).map((set) => {
    const of = (judged: readonly Judged[]) => judged.filter(({ file }) => file.includes(`/${set}/`))
    const value = totalMs(of(own))
    const name = `Linearizable, ${of(own).length} histories of ${set}`
    const goal = `at most ${limitRatio} times Porcupine`
    if (typeof porcupine === 'string')
      return { name, value, unit: 'ms', goal, skipped: `${value.toFixed(1)} ms, but ${porcupine}` }
    const disagreed = own.filter(({ file, valid }) => valid !== porcupine.find((each) => each.file === file)?.valid)
    if (disagreed.length > 0)
      throw new Error(`Porcupine disagrees on ${disagreed.map(({ file }) => basename(file)).join(', ')}`)
    const reference = totalMs(of(porcupine))
    const ratio = value / reference
    return {
      name,
      value,
      unit: 'ms',
      goal,
      met: ratio <= limitRatio,
      reference: { name: 'Porcupine', value: reference },
      ratio,
    }
  })
}

function judgeOurselves(file: string): Judged {
  const { history } = readHistory(file)
  const model = modelFor(history.operations)
  let valid = false
  const timesMs = Array.from({ length: rounds }, () => {
    const startedAt = performance.now()
    const { verdict, found } = linearizable(history, { model })
    if (verdict === 'unknown') throw new Error(`${file} was not judged: ${found}`)
    valid = verdict === 'valid'
    return performance.now() - startedAt
  })
  return { file, valid, timesMs }
}

/** What Porcupine found, or why it cannot be asked here. */
async function judgeByPorcupine(files: readonly string[]): Promise<Judged[] | string> {
  const source = join(import.meta.dirname, 'checkers/porcupine')
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-bench-'))
  try {
    const program = join(folder, 'porcupine')
    const built = await execa('go', ['build', '-o', program, '.'], { cwd: source, reject: false })
    if (built.failed)
      return built.exitCode === undefined
        ? 'there is no Go on PATH to build Porcupine with'
        : 'Porcupine cannot be built here'
    const { stdout } = await execa(program, [String(rounds), ...files])
    return JSON.parse(stdout) as Judged[]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function totalMs(judged: readonly Judged[]): number {
  return judged.reduce(
    (sum, { timesMs }) => sum + (timesMs.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN),
    0,
  )
}
