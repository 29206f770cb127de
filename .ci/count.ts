/** Adds up what the runners wrote themselves and prints the closing line. Exits 1 unless something ran and all of it passed. */
import { readFileSync } from 'node:fs'

interface Totals {
  passed: number
  failed: number
  skipped: number
}

function read<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T
}

function ofVitest(path: string): Totals {
  const report = read<{ numPassedTests: number; numFailedTests: number; numPendingTests: number; success: boolean }>(
    path,
  )
  // A test file that cannot be loaded fails without a failed test.
  const failed = Math.max(report.numFailedTests, report.success ? 0 : 1)
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests }
}

function ofGate(path: string): Totals {
  const { totals } = read<{ totals: Record<'passed' | 'failed' | 'inconclusive' | 'notRun', number> }>(path)
  return { passed: totals.passed, failed: totals.failed + totals.inconclusive, skipped: totals.notRun }
}

function ofProofs(path: string): Totals {
  const { killed, total } = read<{ killed: number; total: number }>(path)
  return { passed: killed, failed: total - killed, skipped: 0 }
}

const all = [
  ofVitest('.breakwater/ci/unit-and-self.json'),
  ofGate('.breakwater/ci/gate.json'),
  ofVitest('.breakwater/ci/browser.json'),
  ofProofs('.breakwater/ci/prove.json'),
  ofVitest('.breakwater/ci/docker-tests.json'),
  ofGate('.breakwater/ci/gate-docker.json'),
  ofProofs('.breakwater/ci/prove-docker.json'),
]
const sum = (name: keyof Totals) => all.reduce((total, each) => total + each[name], 0)
process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`)
process.exitCode = sum('failed') === 0 && all.every((each) => each.passed > 0) ? 0 : 1
