import { awaitReading } from './awaitReading.ts'
import { formatMs } from './units.ts'

/** What a fault did so far, by name with unit: bytesRefused, connectionsReset, callsFailed, delayAddedMs … */
export type FaultCounts = Readonly<Record<string, number>>

/**
 * What carried a fault of the network out: the proxies of the harness's links, packet rules or a delay in the kernel of the node, or
 * the container engine.
 */
export type NetworkBackend = 'links' | 'firewall' | 'netem' | 'engine'

/** An open fault. Leaving an `await using` block heals it. Healing twice is one heal. */
export interface Fault extends AsyncDisposable {
  /** Kind and target in plain words: "partition n1 from n2". */
  readonly name: string
  readonly kind: string
  readonly targets: readonly string[]
  /** Only for faults of the network. */
  readonly backend?: NetworkBackend
  readonly openedAtMs: number
  /** Set once healed. */
  readonly healedAtMs: number | undefined
  counts(): FaultCounts
  /** The sum that says whether the fault did anything at all. */
  effects(): number
  /**
   * Says that this fault may do nothing, which is part of the scenario: without it a guard whose fault had no effect is INCONCLUSIVE.
   * Returns the fault.
   */
  mayDoNothing(): Fault
  /** False once `mayDoNothing` was said. */
  readonly mustHaveEffect: boolean
  /** Waits until effects() is above 0. Throws BUDGET_SPENT: a fault that did nothing proves nothing. */
  tookEffect(budgetMs?: number): Promise<void>
  heal(): Promise<void>
  /** Resolves once healed. */
  readonly healed: Promise<void>
}

export interface FaultPlan {
  name: string
  kind: string
  targets: readonly string[]
  backend?: NetworkBackend
  counts: () => FaultCounts
  /**
   * How much of it anybody met; the sum of the counts by default. Above 0 from the start for what stands as soon as it is open,
   * such as a pause.
   */
  effects?: () => number
  heal: () => Promise<void> | void
}

const effectBudgetMs = 5_000

export function openFault(plan: FaultPlan): Fault {
  let healing: Promise<void> | undefined
  let healedAtMs: number | undefined
  const healed = Promise.withResolvers<void>()
  const effects = plan.effects ?? (() => Object.values(plan.counts()).reduce((sum, count) => sum + count, 0))
  const undo = async () => {
    await plan.heal()
    healedAtMs = Date.now()
    healed.resolve()
  }
  const heal = () => {
    healing ??= undo()
    return healing
  }
  let mustHaveEffect = true
  const fault: Fault = {
    name: plan.name,
    kind: plan.kind,
    targets: plan.targets,
    ...(plan.backend === undefined ? {} : { backend: plan.backend }),
    openedAtMs: Date.now(),
    get healedAtMs() {
      return healedAtMs
    },
    counts: plan.counts,
    effects,
    mayDoNothing: () => {
      mustHaveEffect = false
      return fault
    },
    get mustHaveEffect() {
      return mustHaveEffect
    },
    async tookEffect(budgetMs = effectBudgetMs) {
      await awaitReading({
        what: `the fault "${plan.name}" to take effect (${formatMs(budgetMs)})`,
        budget: budgetMs,
        probe: plan.counts,
        until: () => effects() > 0,
        everyMs: 2,
      })
    },
    heal,
    healed: healed.promise,
    [Symbol.asyncDispose]: heal,
  }
  return fault
}
