import type { Operation } from '../../history/operation.ts'
import { type Deed, kindOf } from '../../history/operationKinds.ts'
import type { Act } from './call.ts'

/** What each model knows. A key that was never written holds nothing; operations without a key share one. */
export const models = {
  /** One value: read, write. */
  register: ['read', 'write'],
  /** One value that is also compared and set. */
  'cas-register': ['read', 'write', 'cas'],
  /** A value for each key: get, put, delete, append to text, add to a number, compare and set. */
  kv: ['read', 'write', 'cas', 'delete', 'append', 'add'],
} as const satisfies Record<string, readonly Act[]>

export type ModelName = keyof typeof models

export function isModelName(name: unknown): name is ModelName {
  return typeof name === 'string' && Object.hasOwn(models, name)
}

/** The plainest model that knows all that was done; with keys, the one that has them. */
export function modelFor(operations: readonly Operation[]): ModelName {
  const acts = new Set<Deed>(operations.map(({ kind }) => kindOf(kind).deed))
  const names = operations.some((each) => each.key !== undefined) ? (['kv'] as const) : modelNames
  return names.find((name) => [...acts].every((act) => models[name].some((known) => known === act))) ?? 'kv'
}

export const modelNames = Object.keys(models) as ModelName[]
