import { HarnessError } from '../base/errors.ts'
import { shownLine, shownText } from '../base/shownText.ts'
import { formatCount, formatMs } from '../base/units.ts'
import type { ModelName } from '../check/linearizable/models.ts'
import { judgeRun } from '../run/judge.ts'
import { pc } from './colours.ts'
import { exitCodes } from './exitCodes.ts'
import { tellInternalError } from './internalError.ts'

/** Judges saved histories again, offline. What cannot be read is neither valid nor invalid. */
export function judge(path: string, options: { json: boolean; model?: ModelName }): number {
  try {
    const judgement = judgeRun(path, options.model === undefined ? {} : { model: options.model })
    if (options.json) process.stdout.write(`${JSON.stringify(judgement)}\n`)
    else tell(judgement)
    if (judgement.verdict === 'valid') return exitCodes.passed
    return judgement.verdict === 'invalid' ? exitCodes.failed : exitCodes.inconclusive
  } catch (error) {
    const beside = { path, verdict: 'unknown', operations: 0 }
    if (!(error instanceof HarnessError)) return tellInternalError(error, { json: options.json, beside })
    if (options.json) {
      const { code, message } = error
      process.stdout.write(`${JSON.stringify({ ...beside, error: { code, message } })}\n`)
    }
    process.stderr.write(`${pc.red(shownText(error.message))}\n`)
    return error.code === 'HISTORY_CORRUPT' ? exitCodes.inconclusive : exitCodes.badUsage
  }
}

function tell({ histories, verdict }: ReturnType<typeof judgeRun>): void {
  for (const history of histories) {
    const read = `${formatCount(history.operations)} operations, ${formatMs(history.durationMs)}`
    process.stdout.write(`${paintVerdict(history.verdict)}  ${shownLine(history.guard ?? '')}  ${read}\n`)
    for (const each of history.verdicts) {
      process.stdout.write(`  ${paintVerdict(each.verdict)}  ${shownLine(`${each.claim}: ${each.found}`)}\n`)
      for (const line of each.trace ?? []) process.stdout.write(`      ${shownLine(line)}\n`)
    }
  }
  process.stdout.write(`${paintVerdict(verdict)}\n`)
}

function paintVerdict(verdict: string): string {
  if (verdict === 'valid') return pc.green(verdict)
  return verdict === 'invalid' ? pc.red(verdict) : pc.yellow(verdict)
}
