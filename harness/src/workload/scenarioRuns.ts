import { type Random, Seed } from '../base/seed.ts'
import { type Ending, endingOf, ok, StepTimeout } from './ending.ts'
import type { Scenario, User } from './scenario.ts'
import type { Tallies } from './tally.ts'

/** One step or one whole run that has ended, for whoever wants each of them. Times are ms since the epoch. */
export interface EndedOperation extends Ending {
  scenario: string
  /** Absent for the run as a whole. */
  step?: string
  /** Which run of the window. */
  number: number
  intendedAtMs: number
  startedAtMs: number
  endedAtMs: number
}

export interface RunsPlan {
  tallies: Tallies
  seed: number
  /** Distinguishes the chance of this window's runs from that of others. */
  stream: string
  /** Of each step. */
  timeoutMs: number
  onOperation?: ((operation: EndedOperation) => void) | undefined
}

interface OpenStep {
  deadlineMs: number
  giveUp: (() => void) | undefined
}

const sweepEveryMs = 20

/**
 * The runs that are under way in one window. Times are those of performance.now(). Steps that take too long are given up by one
 * sweep over a queue, which is in the order of their deadlines because all have the same time: a timer for each would cost
 * more than the request.
 */
export class ScenarioRuns {
  readonly #plan: RunsPlan
  readonly #open = new Set<OneRun>()
  readonly #steps: OpenStep[] = []
  #firstStep = 0
  #sweep: NodeJS.Timeout | undefined
  #isOver = false
  constructor(plan: RunsPlan) {
    this.#plan = plan
  }

  get plan(): RunsPlan {
    return this.#plan
  }

  get underWay(): number {
    return this.#open.size
  }

  /**
   * `intendedMs` is when it was meant to start: latency counts from there, or from now if now is earlier. `onEnd` is called once it
   * has ended or was given up.
   */
  start(scenario: Scenario, number: number, intendedMs: number, onEnd?: () => void): void {
    this.#sweep ??= setInterval(() => this.#giveUpLate(), sweepEveryMs)
    const run = new OneRun(this, scenario, number, intendedMs, onEnd)
    this.#open.add(run)
    run.begin()
  }

  /** Counts what never began because nothing would take it: it failed, after all the time that it waited. */
  neverSent(scenario: Scenario, number: number, intendedMs: number): void {
    const nowMs = performance.now()
    const ending: Ending = { outcome: 'fail', reason: 'never sent' }
    this.keep(scenario.name, undefined, number, ending, intendedMs, nowMs, nowMs)
  }

  /** Ends the window: what is still under way counts as timed out, with the time it has taken so far. */
  close(): void {
    clearInterval(this.#sweep)
    for (const step of this.#steps.slice(this.#firstStep)) step.giveUp?.()
    for (const run of this.#open) run.end(endingOf(new StepTimeout(run.scenario.name, this.#plan.timeoutMs)))
    this.#isOver = true
  }

  /** What ends after the window is over has been counted already. */
  get isOver(): boolean {
    return this.#isOver
  }

  watch(step: OpenStep): void {
    this.#steps.push(step)
  }

  ended(run: OneRun): void {
    this.#open.delete(run)
  }

  /** Called for every run and step: it allocates only when somebody wants each of them. */
  keep(
    scenario: string,
    step: string | undefined,
    number: number,
    ending: Ending,
    intendedMs: number,
    startedMs: number,
    endedMs: number,
  ): void {
    this.#plan.tallies.of(scenario, step).record(endedMs - Math.min(intendedMs, startedMs), ending)
    if (this.#plan.onOperation === undefined) return
    const { timeOrigin } = performance
    this.#plan.onOperation({
      ...ending,
      scenario,
      ...(step === undefined ? {} : { step }),
      number,
      intendedAtMs: timeOrigin + intendedMs,
      startedAtMs: timeOrigin + startedMs,
      endedAtMs: timeOrigin + endedMs,
    })
  }

  #giveUpLate(): void {
    const nowMs = performance.now()
    for (; this.#firstStep < this.#steps.length; this.#firstStep++) {
      const step = this.#steps[this.#firstStep]!
      if (step.giveUp !== undefined && step.deadlineMs > nowMs) break
      step.giveUp?.()
    }
    if (this.#firstStep > 1_000) {
      this.#steps.splice(0, this.#firstStep)
      this.#firstStep = 0
    }
  }
}

class OneRun implements User {
  readonly scenario: Scenario
  readonly number: number
  readonly #runs: ScenarioRuns
  readonly #intendedMs: number
  readonly #onEnd: (() => void) | undefined
  #startedMs = 0
  #stepCount = 0
  #random: Random | undefined
  #isOver = false

  constructor(runs: ScenarioRuns, scenario: Scenario, number: number, intendedMs: number, onEnd?: () => void) {
    this.#onEnd = onEnd
    this.#runs = runs
    this.scenario = scenario
    this.number = number
    this.#intendedMs = intendedMs
  }

  get random(): Random {
    const { seed, stream } = this.#runs.plan
    this.#random ??= new Seed(seed).stream(`${stream}/run ${this.number}`)
    return this.#random
  }

  begin(): void {
    this.#startedMs = performance.now()
    try {
      this.scenario.run(this).then(
        () => this.end(ok),
        (error: unknown) => this.end(endingOf(error)),
      )
    } catch (error) {
      this.end(endingOf(error))
    }
  }

  end(ending: Ending): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#runs.keep(
      this.scenario.name,
      undefined,
      this.number,
      ending,
      this.#intendedMs,
      this.#startedMs,
      performance.now(),
    )
    this.#runs.ended(this)
    this.#onEnd?.()
  }

  step<T>(name: string, call: () => Promise<T>): Promise<T> {
    const runs = this.#runs
    // A run that was given up goes no further: settling would set off whatever it does about failures.
    if (this.#isOver || runs.isOver) return new Promise(() => {})
    const startedMs = performance.now()
    const intendedMs = this.#stepCount++ === 0 ? this.#intendedMs : startedMs
    return new Promise<T>((resolve, reject) => {
      const open: OpenStep = { deadlineMs: startedMs + runs.plan.timeoutMs, giveUp: undefined }
      const end = (ending: Ending): boolean => {
        if (open.giveUp === undefined) return false
        open.giveUp = undefined
        runs.keep(this.scenario.name, name, this.number, ending, intendedMs, startedMs, performance.now())
        return true
      }
      const refuse = (error: unknown) => {
        if (end(endingOf(error))) reject(error)
      }
      open.giveUp = () => refuse(new StepTimeout(name, runs.plan.timeoutMs))
      runs.watch(open)
      try {
        call().then((answer) => {
          if (end(ok)) resolve(answer)
        }, refuse)
      } catch (error) {
        refuse(error)
      }
    })
  }
}
