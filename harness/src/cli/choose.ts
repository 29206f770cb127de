import { HarnessError } from '../base/errors.ts'
import type { Shard } from '../base/shard.ts'
import { changedSince } from './changedGuards.ts'
import { durationsFile, readDurations } from './durations.ts'
import { type Guard, selectGuards } from './guards.ts'
import { dealOut } from './shards.ts'

export interface Choice {
  exact: boolean
  /** Without words: also what is too long for every pull request. */
  all?: boolean
  changedSince?: string
  shard?: Shard
  runtime: string
}

/**
 * What a command line asks for: by words, then by what has changed, then one shard of that. Empty only where nothing has
 * changed. Throws BAD_USAGE.
 */
export async function chooseGuards(
  guards: readonly Guard[],
  words: readonly string[],
  choice: Choice,
  root: string,
): Promise<Guard[]> {
  const named = selectGuards(guards, words, choice)
  const { shard, changedSince: ref } = choice
  const chosen = ref === undefined ? named : await changedSince(ref, named, root)
  if (shard === undefined) return chosen
  const durations = readDurations(durationsFile(root))[choice.runtime] ?? {}
  const dealt = dealOut(chosen, durations, shard.count)[shard.index - 1] ?? []
  if (dealt.length === 0 && ref === undefined) {
    throw new HarnessError(
      'BAD_USAGE',
      `Shard ${shard.index}/${shard.count} is empty, because there are ${chosen.length} guards to deal out: ask for fewer shards.`,
    )
  }
  return dealt
}
