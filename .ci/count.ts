/**
 * Adds up what the runners wrote themselves, names what failed (a log's beginning may be gone by the time it is read), and
 * prints the closing line. Exits 1 unless something of each part ran and all of it passed.
 */
import { readFileSync } from 'node:fs'

interface Part {
  passed: number
  skipped: number
  /** What failed, a line each. */
  failures: string[]
}

interface VitestReport {
  numPassedTests: number
  numPendingTests: number
  success: boolean
  testResults: {
    name: string
    status: string
    message: string
    assertionResults: { status: string; fullName: string; failureMessages: string[] }[]
  }[]
}

interface GateReport {
  totals: Record<'passed' | 'notRun', number>
  guards: { id: string; outcome: string; message?: string }[]
  errors?: string[]
}

interface ProofReport {
  killed: number
  good: { failed: number; inconclusive: number }
  rows: { build: string; guard: string; named: boolean; result: string; message?: string }[]
}

const firstLine = (text = '') => text.split('\n')[0] ?? ''

function ofVitest(report: VitestReport): Part {
  const failures = report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((each) => each.status === 'failed')
    const lines = failed.map((each) => `${each.fullName}: ${firstLine(each.failureMessages[0])}`)
    // A test file that cannot be loaded fails without a failed test.
    return status === 'failed' && lines.length === 0 ? [`${name}: ${firstLine(message)}`] : lines
  })
  if (!report.success && failures.length === 0) failures.push('the runner says that it failed, and not what')
  return { passed: report.numPassedTests, skipped: report.numPendingTests, failures }
}

function ofGate({ totals, guards, errors = [] }: GateReport): Part {
  const failures = guards
    .filter(({ outcome }) => outcome === 'failed' || outcome === 'inconclusive')
    .map(({ id, outcome, message }) => `${id} ${outcome}: ${firstLine(message)}`)
  return { passed: totals.passed, skipped: totals.notRun, failures: [...failures, ...errors.map(firstLine)] }
}

function ofProofs({ killed, good, rows }: ProofReport): Part {
  const failures = rows
    .filter(({ named, result }) => named && result !== 'killed')
    .map(({ build, guard, result, message }) => `${build} ${result} by ${guard}: ${firstLine(message)}`)
  const bad = good.failed + good.inconclusive
  if (bad > 0) failures.push(`${bad} guards do not pass on the good build`)
  return { passed: killed, skipped: 0, failures }
}

function part<T>(name: string, count: (report: T) => Part): Part {
  let counted: Part
  try {
    counted = count(JSON.parse(readFileSync(`.breakwater/ci/${name}.json`, 'utf8')) as T)
    if (counted.passed === 0) counted.failures.push('nothing of it passed')
  } catch (error) {
    counted = { passed: 0, skipped: 0, failures: [`it left no report: ${(error as Error).message}`] }
  }
  for (const failure of counted.failures) process.stderr.write(`failed in ${name}: ${failure}\n`)
  return counted
}

const parts = [
  part('unit-and-self', ofVitest),
  part('gate', ofGate),
  part('browser', ofVitest),
  part('prove', ofProofs),
  part('docker-tests', ofVitest),
  part('gate-docker', ofGate),
  part('prove-docker', ofProofs),
]
const sum = (of: (each: Part) => number) => parts.reduce((total, each) => total + of(each), 0)
const failed = sum(({ failures }) => failures.length)
process.stdout.write(
  `${sum(({ passed }) => passed)} passed, ${failed} failed, ${sum(({ skipped }) => skipped)} skipped\n`,
)
process.exitCode = failed === 0 ? 0 : 1
