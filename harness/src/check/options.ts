import { HarnessError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { servedOnes } from './availability.ts'
import { isModelName, modelNames } from './linearizable/models.ts'
import { type Check, type CheckerName, checkers, type OptionsOf } from './named.ts'

/** What a value must be, and how a person is told of it. */
const kindsOfValue = {
  text: { told: 'a text', is: (value: unknown) => typeof value === 'string' },
  texts: {
    told: 'a list of texts',
    is: (value: unknown) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
  },
  amount: {
    told: 'a number of at least 0',
    is: (value: unknown) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
  },
  served: {
    told: `one of ${servedOnes.join(', ')}`,
    is: (value: unknown) => servedOnes.some((each) => each === value),
  },
  flag: { told: 'true or false', is: (value: unknown) => typeof value === 'boolean' },
  value: { told: 'a value', is: () => true },
  model: { told: `one of ${modelNames.join(', ')}`, is: isModelName },
} as const

type KindOfValue = keyof typeof kindsOfValue

/** The same options as the types name: a checker that gains one does not compile until it stands here too. */
const known: { readonly [Name in CheckerName]: { readonly [Option in keyof OptionsOf<Name>]-?: KindOfValue } } = {
  losesNothing: { table: 'text', nodes: 'texts', kinds: 'texts', deletes: 'texts' },
  converges: { table: 'text', nodes: 'texts' },
  countsExactly: { table: 'text', nodes: 'texts', kinds: 'texts', counter: 'text' },
  neverResurrects: { table: 'text', nodes: 'texts', kinds: 'texts', deletes: 'texts' },
  exactlyOnce: { table: 'text', nodes: 'texts', kinds: 'texts', deletes: 'texts' },
  noTornTransaction: { table: 'text', nodes: 'texts', kinds: 'texts' },
  equalBlobs: { table: 'text', nodes: 'texts' },
  linearizable: {
    ...{ model: 'model', table: 'text', keys: 'texts', initial: 'value', startIsUnknown: 'flag' },
    ...{ timeBudgetMs: 'amount', memoryBudgetBytes: 'amount' },
  },
  staysOrdered: { table: 'text' },
  staleness: { table: 'text', withinMs: 'amount' },
  availability: { table: 'text', kinds: 'texts', withinMs: 'amount', per: 'served' },
}

/** Whether the checker reads nodes one by one, so that it must be told of those that nobody read. */
export function readsNodes(checker: string): boolean {
  return Object.hasOwn(known, checker) && 'nodes' in known[checker as CheckerName]
}

/**
 * A check from where types do not reach: guard.json, a command line, a plan. Throws BAD_USAGE for an unknown checker, an
 * unknown option and a value of the wrong kind: a misspelt option would judge all or nothing and look like a verdict.
 */
export function checkNamed(checker: string, options: unknown): Check {
  if (!Object.hasOwn(checkers, checker)) {
    throw unknown(`There is no checker "${checker}".`, checker, Object.keys(checkers))
  }
  if (options === undefined) return { checker } as Check
  if (options === null || typeof options !== 'object' || Array.isArray(options)) {
    throw new HarnessError('BAD_USAGE', `The options of ${checker} must be an object such as {"table":"rows"}.`)
  }
  const own: Readonly<Record<string, KindOfValue>> = known[checker as CheckerName]
  for (const [option, value] of Object.entries(options)) {
    if (!Object.hasOwn(own, option)) {
      throw unknown(`The checker ${checker} has no option "${option}".`, option, Object.keys(own))
    }
    if (value === undefined) continue
    const { told, is } = kindsOfValue[own[option] as KindOfValue]
    if (is(value)) continue
    const given = JSON.stringify(value) ?? String(value)
    throw new HarnessError('BAD_USAGE', `The option ${option} of ${checker} must be ${told}, not ${given}.`)
  }
  return { checker, options } as Check
}

function unknown(sentence: string, typed: string, names: readonly string[]): HarnessError {
  const near = nearest(typed, names)
  const meant = near === undefined ? '' : ` Did you mean "${near}"?`
  return new HarnessError('BAD_USAGE', `${sentence}${meant} There are: ${names.join(', ')}.`)
}
