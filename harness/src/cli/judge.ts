import { formatMs } from '../base/units.ts'
import { judgeRun } from '../run/judge.ts'
import { pc } from './colours.ts'
import { exitCodes } from './exitCodes.ts'

/** Judges saved histories again, offline. */
export function judge(path: string, options: { json: boolean }): number {
  const judgement = judgeRun(path)
  if (options.json) process.stdout.write(`${JSON.stringify(judgement)}\n`)
  else {
    for (const history of judgement.histories) {
      process.stdout.write(
        `${paintVerdict(history.verdict)}  ${history.guard ?? ''}  ${history.operations} operations, ${formatMs(history.durationMs)}\n`,
      )
      for (const verdict of history.verdicts) {
        process.stdout.write(`  ${paintVerdict(verdict.verdict)}  ${verdict.claim}: ${verdict.found}\n`)
      }
    }
    process.stdout.write(`${paintVerdict(judgement.verdict)}\n`)
  }
  if (judgement.verdict === 'valid') return exitCodes.passed
  return judgement.verdict === 'invalid' ? exitCodes.failed : exitCodes.inconclusive
}

function paintVerdict(verdict: string): string {
  if (verdict === 'valid') return pc.green(verdict)
  return verdict === 'invalid' ? pc.red(verdict) : pc.yellow(verdict)
}
