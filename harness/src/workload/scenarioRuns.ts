import { type Random, Seed } from '../base/seed.ts'
import { Chain, type Chained } from './chain.ts'
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

/** One step that is about to begin. */
export type BegunStep = Pick<EndedOperation, 'scenario' | 'number' | 'intendedAtMs' | 'startedAtMs'> & { step: string }

/** Told of each step before its call is made; what it returns is told how the step ended. */
export type OnStep = (begun: BegunStep) => (ended: Ending & { endedAtMs: number }) => void

export interface RunsPlan {
  tallies: Tallies
  seed: number
  /** Distinguishes the chance of this window's runs from that of others. */
  stream: string
  /** Of each step. */
  timeoutMs: number
  onOperation?: ((operation: EndedOperation) => void) | undefined
  onStep?: OnStep | undefined
}

const sweepEveryMs = 20

/**
 * The runs that are under way in one window. Times are those of performance.now(). Steps that take too long are given up by one
 * sweep over those under way, which are in the order of their deadlines because all have the same time: a timer for each would
 * cost more than the request.
 */
export class ScenarioRuns {
  readonly #plan: RunsPlan
  readonly #open = new Chain<OneRun>()
  readonly #steps = new Chain<OneStep>()
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
   * `intendedMs` is when it was meant to start: latency counts from there, or from `startedMs`, which is now, if that is earlier.
   * `onEnd` is called with the time once it has ended or was given up.
   */
  start(
    scenario: Scenario,
    number: number,
    intendedMs: number,
    startedMs: number,
    onEnd: (endedMs: number) => void,
  ): void {
    this.#sweep ??= setInterval(() => this.#giveUpLate(performance.now()), sweepEveryMs)
    const run = new OneRun(this, scenario, number, intendedMs, startedMs, onEnd)
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
    this.#giveUpLate(Number.POSITIVE_INFINITY)
    for (let run = this.#open.first; run; run = this.#open.first) {
      run.end(endingOf(new StepTimeout(run.scenario.name, this.#plan.timeoutMs)))
    }
    this.#isOver = true
  }

  /** What ends after the window is over has been counted already. */
  get isOver(): boolean {
    return this.#isOver
  }

  watch(step: OneStep): void {
    this.#steps.add(step)
  }

  unwatch(step: OneStep): void {
    this.#steps.remove(step)
  }

  ended(run: OneRun): void {
    this.#open.remove(run)
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

  #giveUpLate(nowMs: number): void {
    for (let step = this.#steps.first; step && step.deadlineMs <= nowMs; step = this.#steps.first) step.giveUp()
  }
}

class OneRun implements User, Chained<OneRun> {
  before: OneRun | undefined
  after: OneRun | undefined
  readonly scenario: Scenario
  readonly number: number
  readonly #runs: ScenarioRuns
  readonly #intendedMs: number
  readonly #startedMs: number
  readonly #onEnd: (endedMs: number) => void
  #stepCount = 0
  #random: Random | undefined
  #isOver = false

  constructor(
    runs: ScenarioRuns,
    scenario: Scenario,
    number: number,
    intendedMs: number,
    startedMs: number,
    onEnd: (endedMs: number) => void,
  ) {
    this.#runs = runs
    this.scenario = scenario
    this.number = number
    this.#intendedMs = intendedMs
    this.#startedMs = startedMs
    this.#onEnd = onEnd
  }

  get random(): Random {
    const { seed, stream } = this.#runs.plan
    this.#random ??= new Seed(seed).stream(`${stream}/run ${this.number}`)
    return this.#random
  }

  begin(): void {
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
    const endedMs = performance.now()
    this.#runs.keep(this.scenario.name, undefined, this.number, ending, this.#intendedMs, this.#startedMs, endedMs)
    this.#runs.ended(this)
    this.#onEnd(endedMs)
  }

  step<T>(name: string, call: () => Promise<T>): Promise<T> {
    const runs = this.#runs
    // A run that was given up goes no further: settling would set off whatever it does about failures.
    if (this.#isOver || runs.isOver) return new Promise(() => {})
    const startedMs = performance.now()
    const intendedMs = this.#stepCount++ === 0 ? this.#intendedMs : startedMs
    return new Promise<T>((resolve, reject) => {
      const step = new OneStep(runs, this, name, intendedMs, startedMs, reject)
      const refuse = (error: unknown) => step.refuse(error)
      try {
        call().then((answer) => {
          if (step.end(ok)) resolve(answer)
        }, refuse)
      } catch (error) {
        refuse(error)
      }
    })
  }
}

/** One step under way, until it ends or is given up. */
class OneStep implements Chained<OneStep> {
  before: OneStep | undefined
  after: OneStep | undefined
  readonly #runs: ScenarioRuns
  readonly #run: OneRun
  readonly #name: string
  readonly #intendedMs: number
  readonly #startedMs: number
  readonly #reject: (error: unknown) => void
  readonly #onEnd: ReturnType<OnStep> | undefined
  #isOver = false

  constructor(
    runs: ScenarioRuns,
    run: OneRun,
    name: string,
    intendedMs: number,
    startedMs: number,
    reject: (error: unknown) => void,
  ) {
    this.#runs = runs
    this.#run = run
    this.#name = name
    this.#intendedMs = intendedMs
    this.#startedMs = startedMs
    this.#reject = reject
    const { timeOrigin } = performance
    this.#onEnd = runs.plan.onStep?.({
      ...{ scenario: run.scenario.name, step: name, number: run.number },
      ...{ intendedAtMs: timeOrigin + intendedMs, startedAtMs: timeOrigin + startedMs },
    })
    runs.watch(this)
  }

  get deadlineMs(): number {
    return this.#startedMs + this.#runs.plan.timeoutMs
  }

  /** False when it was over before: what comes after it was given up has been counted already. */
  end(ending: Ending): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#runs.unwatch(this)
    const { scenario, number } = this.#run
    const endedMs = performance.now()
    this.#runs.keep(scenario.name, this.#name, number, ending, this.#intendedMs, this.#startedMs, endedMs)
    this.#onEnd?.({ ...ending, endedAtMs: performance.timeOrigin + endedMs })
    return true
  }

  refuse(error: unknown): void {
    if (this.end(endingOf(error))) this.#reject(error)
  }

  giveUp(): void {
    this.refuse(new StepTimeout(this.#name, this.#runs.plan.timeoutMs))
  }
}
