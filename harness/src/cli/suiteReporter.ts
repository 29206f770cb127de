import { relative } from 'node:path'
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node'
import { formatMs } from '../base/units.ts'
import type { RunFolder } from '../run/runFolder.ts'
import { pc } from './colours.ts'
import type { Guard } from './guards.ts'
import type { LiveView } from './liveView.ts'
import { type GuardRow, outcomeOf } from './outcome.ts'
import { type BrokenGroup, brokenGroupsOf, settleRows } from './settleRows.ts'
import { paintOutcome } from './verdictTable.ts'

/** Turns what vitest reports into rows, one for each chosen guard and repeat, and shows each verdict when it falls. */
export class SuiteReporter implements Reporter {
  /** Of the repeats that are over. */
  readonly rows: GuardRow[] = []
  /** Errors that belong to no guard: one that was thrown where nobody caught it. */
  readonly strayErrors: string[] = []
  readonly #root: string
  #view: LiveView | undefined
  #folder: RunFolder | undefined
  #chosen: ReadonlyMap<string, Guard> = new Map()
  #repeat = 1
  /** Set where each repeat has a seed of its own. */
  #seed: number | undefined
  #told = new Map<string, GuardRow>()
  #startedAtMs = new Map<string, number>()
  #groups: BrokenGroup[] = []
  #unhandled: readonly SerializedError[] = []

  constructor(root: string) {
    this.#root = root
  }

  /** What this run is about: the others of a file are reported by vitest as skipped, and are none of ours. */
  expect(chosen: readonly Guard[], folder: RunFolder, view: LiveView): void {
    this.#chosen = new Map(chosen.map((guard) => [guard.testId, guard]))
    this.#folder = folder
    this.#view = view
  }

  beginRepeat(repeat: number, seed?: number): void {
    this.#repeat = repeat
    this.#seed = seed
    this.#told = new Map()
    this.#startedAtMs = new Map()
    this.#groups = []
    this.#unhandled = []
  }

  /** Guards that have begun and have no result yet. */
  get underWay(): Guard[] {
    return [...this.#chosen.values()].filter(({ testId }) => this.#startedAtMs.has(testId) && !this.#told.has(testId))
  }

  /** Every chosen guard has its row from here on, also those that vitest said nothing of. */
  endRepeat({ interrupted }: { interrupted: boolean }): void {
    const { rows, strayErrors } = settleRows(
      [...this.#chosen.values()],
      this.#told,
      { groups: this.#groups, unhandled: this.#unhandled, interrupted },
      (guard) => this.#blank(guard),
    )
    this.rows.push(...rows)
    this.strayErrors.push(...strayErrors)
    for (const row of rows) {
      if (![...this.#told.values()].includes(row) && row.outcome !== 'notRun') this.#show(row)
    }
  }

  onTestCaseReady(test: TestCase): void {
    const guard = this.#chosen.get(test.id)
    if (!guard) return
    this.#startedAtMs.set(test.id, performance.now())
    if (this.#view?.interactive === false) this.#view.print(`${pc.bold(guard.id)} started: ${guard.title}`)
  }

  onTestCaseResult(test: TestCase): void {
    const guard = this.#chosen.get(test.id)
    if (!guard) return
    const durationMs = Math.round(test.diagnostic()?.duration ?? 0)
    const row: GuardRow = { ...this.#blank(guard), durationMs, ...outcomeOf(test) }
    this.#told.set(test.id, row)
    this.#show(row)
  }

  onUserConsoleLog(log: { content: string }): void {
    this.#view?.print(log.content.trimEnd())
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    this.#groups = modules.flatMap(brokenGroupsOf)
    this.#unhandled = unhandled
  }

  #blank({ testId, id, title, file }: Guard): Omit<GuardRow, 'outcome'> {
    const startedAtMs = this.#startedAtMs.get(testId)
    return {
      id,
      title,
      file,
      repeat: this.#repeat,
      ...(this.#seed === undefined ? {} : { seed: this.#seed }),
      durationMs: startedAtMs === undefined ? 0 : Math.round(performance.now() - startedAtMs),
      ...(this.#folder ? { folder: relative(this.#root, this.#folder.guardPath(id, this.#repeat)) } : {}),
    }
  }

  #show(row: GuardRow): void {
    this.#view?.ended(row.id)
    this.#view?.print(`${paintOutcome(row.outcome)}  ${row.title}  ${pc.dim(formatMs(row.durationMs))}`)
  }
}
