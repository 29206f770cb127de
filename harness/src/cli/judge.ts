import { HarnessError } from '../base/errors.ts'
import { shownLine, shownText } from '../base/shownText.ts'
import { formatCount, formatMs } from '../base/units.ts'
import type { ModelName } from '../check/linearizable/models.ts'
import type { Check } from '../check/named.ts'
import { checkNamed } from '../check/options.ts'
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
  checker?: string
  /** Of the checker, as JSON. */
  options?: string
  /** As it was typed. */
  initial?: string
  keyed?: boolean
}

/** Judges saved histories again, offline. What cannot be read is neither valid nor invalid. */
export function judge(path: string, given: JudgeOptions): number {
  const { model, keyed, ...options } = given
  try {
    const start = options.initial === undefined ? undefined : valueNamed(options.initial)
    const check = checkGiven(given)
    const judgement = judgeRun(path, {
      ...(model === undefined ? {} : { model }),
      ...(keyed === undefined ? {} : { keyed }),
      ...(check === undefined ? {} : { checks: [check] }),
      initial: start,
    })
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

/** The one check that was asked for by name; undefined where none was. */
function checkGiven({ checker, options, model, initial }: JudgeOptions): Check | undefined {
  if (checker === undefined) {
    if (options === undefined) return undefined
    throw new HarnessError('BAD_USAGE', '--options are those of a checker: name it by --checker.')
  }
  if (model !== undefined || initial !== undefined) {
    const instead = `--checker linearizable --options '{"model":"kv","initial":0}'`
    throw new HarnessError('BAD_USAGE', `--model and --initial do not go with --checker: say ${instead}.`)
  }
  return checkNamed(checker, options === undefined ? undefined : optionsIn(options))
}

function optionsIn(text: string): unknown {
  try {
    return parseJson(text)
  } catch (cause) {
    throw new HarnessError('BAD_USAGE', `--options takes JSON such as '{"table":"rows"}', not ${text}.`, { cause })
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
