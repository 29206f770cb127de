import { availability } from './availability.ts'
import { converges } from './converges.ts'
import { countsExactly } from './countsExactly.ts'
import { equalBlobs } from './equalBlobs.ts'
import { exactlyOnce } from './exactlyOnce.ts'
import { linearizable } from './linearizable.ts'
import { losesNothing } from './losesNothing.ts'
import { neverResurrects } from './neverResurrects.ts'
import { noTornTransaction } from './noTornTransaction.ts'
import { staleness } from './staleness.ts'
import { staysOrdered } from './staysOrdered.ts'

/** Every checker by the name that saved runs know it by. */
export const checkers = {
  losesNothing,
  converges,
  countsExactly,
  neverResurrects,
  exactlyOnce,
  noTornTransaction,
  equalBlobs,
  linearizable,
  staysOrdered,
  staleness,
  availability,
} as const

export type CheckerName = keyof typeof checkers

export type OptionsOf<Name extends CheckerName> = NonNullable<Parameters<(typeof checkers)[Name]>[1]>

/** One checker with its options, as plain data, so that a saved run can be judged again. */
export type Check = { [Name in CheckerName]: { checker: Name; options?: OptionsOf<Name> } }[CheckerName]
