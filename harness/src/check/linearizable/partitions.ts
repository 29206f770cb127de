import { type Operation, tablesOf } from '../../history/operation.ts'
import { actOf, type Call, callOf } from './call.ts'
import { type ModelName, models } from './models.ts'

export interface Partition {
  table: string | undefined
  key: string | undefined
  calls: Call[]
}

export interface Partitions {
  partitions: Partition[]
  /** Sentences about operations that the model does not know: what they did cannot be judged. */
  doubts: string[]
}

/** A read of what one replica has, however old that is. */
const promisesNothing = 'localRead'

/**
 * The operations that happened or may have, by table and key. Keys do not touch each other, so a history is linearizable
 * exactly if what happened to each key is.
 */
export function partitionsOf(
  operations: readonly Operation[],
  model: ModelName,
  scope: { table?: string; keys?: readonly string[] },
): Partitions {
  const known: readonly string[] = models[model]
  const keys = scope.keys && new Set(scope.keys)
  const partitions = new Map<string, Partition>()
  const strangers = new Map<string, number>()
  for (const operation of operations) {
    if (operation.outcome === 'fail') continue
    if (scope.table !== undefined && !tablesOf(operation).includes(scope.table)) continue
    const { table, key, kind } = operation
    if (kind === promisesNothing) continue
    if (keys && (key === undefined || !keys.has(key))) continue
    const act = actOf(operation)
    const call = act !== undefined && known.includes(act) ? callOf(operation, act) : undefined
    if (call === undefined) {
      strangers.set(operation.kind, (strangers.get(operation.kind) ?? 0) + 1)
      continue
    }
    const name = JSON.stringify([table, key])
    const partition = partitions.get(name) ?? { table, key, calls: [] }
    partition.calls.push(call)
    partitions.set(name, partition)
  }
  const doubts = [...strangers].map(
    ([kind, count]) =>
      `the model ${model} does not know ${kind === '' ? 'an unnamed kind' : kind} as it was recorded ${count} times`,
  )
  return { partitions: [...partitions.values()], doubts }
}
