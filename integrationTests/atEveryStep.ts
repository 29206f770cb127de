import { type Fault, HarnessError, type Node, openWhen } from '@breakwater/harness'
import { expect } from 'vitest'
import { budgets } from './budgets.ts'

/** One step of something that takes several on disk. */
export interface Step {
  readonly at: string
  /** In place of all that the cluster has. */
  readonly ways?: readonly Way[]
  /** Begins to look out. What it returns waits until the step was made, and lets go of what made it wait. */
  lookOut(): Promise<Lookout> | Lookout
}

export interface Lookout {
  made(): Promise<unknown>
  end?(): Promise<unknown>
}

export type Way = 'kill' | 'powerCut'

/** One crash at one step. */
export interface Crash {
  readonly at: string
  readonly way: Way
  /** From 1. */
  readonly number: number
  /**
   * Goes on with the work until the step is made, and ends the node there; then the work must end by itself: it finds the node gone.
   * The node is down when this returns.
   */
  during(work: () => Promise<unknown>): Promise<Fault>
}

/**
 * Runs the body for each step with a kill, and with a cut of the power where the cluster was started for such. Who crashes is `node`, with
 * `also` at the same time.
 */
export async function atEveryStep<Client>(
  {
    cluster,
    node,
    also = () => [],
    steps,
  }: {
    cluster: Readonly<Record<Way, (node: Node<Client>) => Promise<Fault>>>
    node: () => Node<Client> | Promise<Node<Client>>
    also?: (node: Node<Client>) => readonly Node<Client>[]
    steps: (node: Node<Client>) => readonly Step[]
  },
  body: (crash: Crash, node: Node<Client>) => Promise<void>,
): Promise<void> {
  const first = await node()
  const ways: readonly Way[] = first.diskJournal === undefined ? ['kill'] : ['kill', 'powerCut']
  const count = steps(first).length
  if (count === 0) throw new HarnessError('BAD_USAGE', 'There is no step to crash at. Name the steps.')
  let number = 0
  for (let at = 0; at < count; at++) {
    for (const way of ways) {
      const crashed = await node()
      const step = steps(crashed)[at] as Step
      if (step.ways && !step.ways.includes(way)) continue
      const during = async (work: () => Promise<unknown>): Promise<Fault> => {
        const lookout = await step.lookOut()
        const [fault] = await Promise.all([
          openWhen(
            async () => void (await lookout.made()),
            async () => {
              const others = also(crashed).map((each) => cluster[way](each))
              const own = await cluster[way](crashed)
              await Promise.all(others)
              return own
            },
          ),
          work(),
        ])
        expect(fault, `${crashed.name} crashed at "${step.at}"`).toHaveFired()
        await lookout.end?.()
        return fault
      }
      await body({ at: step.at, way, number: ++number, during }, crashed)
    }
  }
}

/**
 * Steps that the node tells in its log, by the texts of their lines. At those of `cutsMore` the power is cut so many times more: names that
 * are changed and not yet synced may each be lost or not.
 */
export function loggedSteps<Client>(
  node: Node<Client>,
  texts: readonly string[],
  cutsMore: Readonly<Record<string, number>> = {},
): Step[] {
  const more = Object.entries(cutsMore).flatMap(([text, count]) => Array<string>(count).fill(text))
  return [...texts, ...more].map((text, at) => ({
    at: text,
    ...(at < texts.length ? {} : { ways: ['powerCut'] as const }),
    lookOut() {
      const { current } = node.log
      const fromLine = current.lineCount
      return { made: () => current.awaitLine(`"${text}"`, budgets.stepMade, { fromLine }) }
    },
  }))
}
