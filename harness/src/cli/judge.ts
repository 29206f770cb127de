import { HarnessError } from '../base/errors.ts'
import { formatCount, formatMs } from '../base/units.ts'
import type { ModelName } from '../check/linearizable/models.ts'
import { judgeRun } from '../run/judge.ts'
import { pc } from './colours.ts'
import { exitCodes } from './exitCodes.ts'

/** Judges saved histories again, offline. What cannot be read is neither valid nor invalid. */
export function judge(path: string, options: { json: boolean; model?: ModelName }): number {
  try {
    const judgement = judgeRun(path, options.model === undefined ? {} : { model: options.model })
    if (options.json) process.stdout.write(`${JSON.stringify(judgement)}\n`)
    else tell(judgement)
    if (judgement.verdict === 'valid') return exitCodes.passed
    return judgement.verdict === 'invalid' ? exitCodes.failed : exitCodes.inconclusive
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error
    if (options.json) {
      const { code, message } = error
      process.stdout.write(`${JSON.stringify({ path, verdict: 'unknown', operations: 0, error: { code, message } })}\n`)
    }
    process.stderr.write(`${pc.red(error.message)}\n`)
    return error.code === 'HISTORY_CORRUPT' ? exitCodes.inconclusive : exitCodes.badUsage
  }
}

function tell({ histories, verdict }: ReturnType<typeof judgeRun>): void {
  for (const history of histories) {
    const read = `${formatCount(history.operations)} operations, ${formatMs(history.durationMs)}`
    process.stdout.write(`${paintVerdict(history.verdict)}  ${history.guard ?? ''}  ${read}\n`)
    for (const each of history.verdicts) {
      process.stdout.write(`  ${paintVerdict(each.verdict)}  ${each.claim}: ${each.found}\n`)
      for (const line of each.trace ?? []) process.stdout.write(`      ${line}\n`)
    }
  }
  process.stdout.write(`${paintVerdict(verdict)}\n`)
}

function paintVerdict(verdict: string): string {
  if (verdict === 'valid') return pc.green(verdict)
  return verdict === 'invalid' ? pc.red(verdict) : pc.yellow(verdict)
}
