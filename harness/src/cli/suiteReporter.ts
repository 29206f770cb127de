import { relative } from 'node:path'
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node'
import { formatMs } from '../base/units.ts'
import { guardIdOf } from '../run/guardId.ts'
import type { RunFolder } from '../run/runFolder.ts'
import { pc } from './colours.ts'
import type { LiveView } from './liveView.ts'
import { type GuardRow, outcomeOf } from './outcome.ts'
import { paintOutcome } from './verdictTable.ts'

/** Turns what vitest reports into rows, and shows each verdict when it falls. */
export class SuiteReporter implements Reporter {
  readonly rows: GuardRow[] = []
  /** Errors outside any test: a test file that cannot be loaded, an error after the end. */
  readonly strayErrors: string[] = []
  repeat = 1
  /** Set where each repeat has a seed of its own. */
  seed: number | undefined
  readonly #root: string
  #view: LiveView | undefined
  #folder: RunFolder | undefined
  #chosen: ReadonlySet<string> = new Set()

  constructor(root: string) {
    this.#root = root
  }

  /** What this run is about: the others of a file are reported by vitest as skipped, and are none of ours. */
  expect(testIds: readonly string[], folder: RunFolder, view: LiveView): void {
    this.#chosen = new Set(testIds)
    this.#folder = folder
    this.#view = view
  }

  onTestCaseReady(test: TestCase): void {
    if (!this.#chosen.has(test.id)) return
    if (this.#view?.interactive === false) this.#view.print(`${pc.bold(guardIdOf(test.name))} started: ${test.name}`)
  }

  onTestCaseResult(test: TestCase): void {
    if (!this.#chosen.has(test.id)) return
    const id = guardIdOf(test.name)
    const outcome = outcomeOf(test)
    const row: GuardRow = {
      id,
      title: test.name,
      file: relative(this.#root, test.module.moduleId),
      repeat: this.repeat,
      ...(this.seed === undefined ? {} : { seed: this.seed }),
      durationMs: Math.round(test.diagnostic()?.duration ?? 0),
      ...(this.#folder ? { folder: relative(this.#root, this.#folder.guardFolder(id, this.repeat)) } : {}),
      ...outcome,
    }
    this.rows.push(row)
    this.#view?.ended(id)
    this.#view?.print(`${paintOutcome(row.outcome)}  ${row.title}  ${pc.dim(formatMs(row.durationMs))}`)
  }

  onUserConsoleLog(log: { content: string }): void {
    this.#view?.print(log.content.trimEnd())
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const broken = modules.flatMap((module) =>
      module.errors().map((error) => `${relative(this.#root, module.moduleId)}: ${error.message}`),
    )
    this.strayErrors.push(...broken, ...unhandled.map((error) => error.message))
  }
}
