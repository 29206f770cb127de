import { HarnessError } from '../base/errors.ts'
import { shownLine, shownText } from '../base/shownText.ts'
import { formatCount, formatMs } from '../base/units.ts'
import type { ModelName } from '../check/linearizable/models.ts'
import { EdnError, EdnReader } from '../history/edn.ts'
import { isTagged } from '../history/ednValue.ts'
import { parseJson } from '../history/parseJson.ts'
import { judgeRun } from '../run/judge.ts'
import { pc } from './colours.ts'
import { exitCodes } from './exitCodes.ts'
import { tellInternalError } from './internalError.ts'

export interface JudgeOptions {
  json: boolean
  model?: ModelName
  /** As it was typed. */
  initial?: string
  keyed?: boolean
}

/** Judges saved histories again, offline. What cannot be read is neither valid nor invalid. */
export function judge(path: string, { initial, ...options }: JudgeOptions): number {
  try {
    const start = initial === undefined ? undefined : valueNamed(initial)
    const judgement = judgeRun(path, { ...options, initial: start })
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

/** A value as JSON or EDN has it; a word that is neither is a text. */
function valueNamed(text: string): unknown {
  try {
    return parseJson(text)
  } catch {}
  try {
    const reader = new EdnReader(text)
    const { value } = reader.read()
    if (!reader.atEnd() || isTagged(value)) return '#symbol' in Object(value) ? text : tooMuch(text)
    return value
  } catch (error) {
    if (error instanceof EdnError) return tooMuch(text, error)
    throw error
  }
}

function tooMuch(text: string, cause?: unknown): never {
  throw new HarnessError('BAD_USAGE', `--initial takes one value, such as 0, nil or '"a"', not ${text}.`, { cause })
}

function tell({ histories, verdict }: ReturnType<typeof judgeRun>): void {
  for (const history of histories) {
    const read = `${formatCount(history.operations)} operations, ${formatMs(history.durationMs)}`
    process.stdout.write(`${paintVerdict(history.verdict)}  ${shownLine(history.guard ?? '')}  ${read}\n`)
    for (const note of history.notes) process.stdout.write(`  ${pc.dim(shownLine(note))}\n`)
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
