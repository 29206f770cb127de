import type { SerializedError, TestModule, TestSuite } from 'vitest/node'
import { shownPath } from '../base/shownPath.ts'
import type { Guard } from './guards.ts'
import { type GuardRow, judgeErrors } from './outcome.ts'

/** A file or a group of it that failed outside its tests: it could not be loaded, or a hook of it failed. */
export interface BrokenGroup {
  name: string
  /** Of its file, where that was never read to its end. */
  file: string | undefined
  testIds: ReadonlySet<string>
  errors: readonly SerializedError[]
}

export interface Settled {
  /** Every chosen guard has one. */
  rows: GuardRow[]
  /** What belongs to no guard. */
  strayErrors: string[]
}

export function brokenGroupsOf(module: TestModule): BrokenGroup[] {
  const groups: (TestModule | TestSuite)[] = [module, ...module.children.allSuites()]
  return groups.flatMap((group) => {
    const errors = group.errors()
    if (errors.length === 0) return []
    const testIds = new Set([...group.children.allTests()].map(({ id }) => id))
    const isFile = group.type === 'module'
    const name = isFile ? 'its file' : `the group "${group.name}"`
    return [{ name, file: isFile && testIds.size === 0 ? module.moduleId : undefined, testIds, errors }]
  })
}

/**
 * Gives every chosen guard its row when a run of them has ended. What failed around a guard fails the guard: hooks that threw, a file that
 * could not be loaded, a process that died. `blank` makes a row for a guard that never had a result.
 */
export function settleRows(
  chosen: readonly Guard[],
  told: ReadonlyMap<string, GuardRow>,
  around: { groups: readonly BrokenGroup[]; unhandled: readonly SerializedError[]; interrupted: boolean },
  blank: (guard: Guard) => Omit<GuardRow, 'outcome'>,
): Settled {
  const { groups, unhandled, interrupted } = around
  const deaths = unhandled.filter(isOfPool)
  let someDied = false
  const rows = chosen.map((guard): GuardRow => {
    const row = told.get(guard.testId)
    const broken = groups.filter(
      ({ testIds, file }) => testIds.has(guard.testId) || file === guard.specification.moduleId,
    )
    const hasNoResult = row === undefined || (row.outcome === 'notRun' && row.message === undefined)
    if (broken.length > 0 && (hasNoResult || row.outcome !== 'notRun')) return brokenRow(row ?? blank(guard), broken)
    if (interrupted && (row === undefined || row.outcome === 'notRun')) {
      return { ...(row ?? blank(guard)), outcome: 'notRun', message: 'The run was interrupted before it had a result.' }
    }
    if (row !== undefined) return row
    someDied = true
    const own = deaths.filter((death) => causeOf(death).includes(guard.specification.moduleId))
    const why = (own.length > 0 ? own : deaths).map(deathInWords)
    const message = why.length > 0 ? [...new Set(why)].join('\n') : 'It never began, and nothing said why.'
    return { ...blank(guard), outcome: 'failed', message: `${message} [NO_RESULT]`, code: 'NO_RESULT' }
  })
  const isExplained = (error: SerializedError) => isOfPool(error) && (someDied || interrupted)
  return { rows, strayErrors: unhandled.filter((error) => !isExplained(error)).map(strayInWords) }
}

function brokenRow(row: Omit<GuardRow, 'outcome'> & Partial<GuardRow>, broken: readonly BrokenGroup[]): GuardRow {
  const ran = row.outcome !== undefined && row.outcome !== 'notRun'
  const sentences = broken.flatMap(({ name, file, errors }) => {
    const what = file === undefined ? `A hook of ${name} failed` : 'Its file could not be loaded'
    return errors.map(
      ({ message }) => `${ran ? `${what} after it` : `It was not run: ${lowerFirst(what)}`}: ${message}`,
    )
  })
  const judged = judgeErrors(broken.flatMap(({ errors }) => errors))
  if (row.outcome === 'failed' || row.outcome === 'inconclusive') {
    const outcome = row.outcome === 'failed' ? 'failed' : judged.outcome
    return { ...row, outcome, message: [row.message, ...sentences].join('\n') }
  }
  return { ...row, outcome: judged.outcome, code: judged.code, message: sentences.join('\n') }
}

function isOfPool({ message }: SerializedError): boolean {
  return message.startsWith('[vitest-pool') || message === 'Cancelled'
}

function causeOf(error: SerializedError): string {
  return `${error.message} ${(error.cause as SerializedError | undefined)?.message ?? ''}`
}

/** "Worker exited unexpectedly with signal SIGKILL during started state while running test file x": how it ended is in there. */
function deathInWords(error: SerializedError): string {
  const how = /exited unexpectedly (with .*?) during/.exec(causeOf(error))?.[1]
  if (how !== undefined) return `Its process ended ${how} before it had a result.`
  return `Its process gave no result: ${causeOf(error).trim()}`
}

/** Vitest names the file that ran, and mostly the test, when something was thrown where nobody caught it. */
function strayInWords(error: SerializedError): string {
  const { VITEST_TEST_NAME: test, VITEST_TEST_PATH: path } = error as Record<string, unknown>
  const during = typeof test === 'string' ? test : typeof path === 'string' ? shownPath(path) : undefined
  return during === undefined ? error.message : `${error.message} (during ${during})`
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
