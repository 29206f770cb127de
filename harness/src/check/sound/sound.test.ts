import { describe, expect, test } from 'vitest'
import { type Random, Seed } from '../../base/seed.ts'
import { History } from '../../history/history.ts'
import { judgeHistory } from '../checkers.ts'
import type { Check } from '../named.ts'
import { faults } from './plantedFault.ts'
import { type Habits, longestLagMs, soundRun } from './soundRun.ts'

function habitsOf(random: Random): Habits {
  const lags = random.chance(0.3)
  const early = !lags && random.chance(0.2)
  return {
    ...{ operations: random.integer(1, 40), clients: random.integer(1, 5), nodes: random.integer(1, 3) },
    ...{ lost: random.pick([0, 0, 0.1, 0.3]), strange: random.chance(0.3), lags, early },
    ...{ clockBack: !early && random.chance(0.2), dressed: random.chance(0.3), plain: random.chance(0.3) },
  }
}

const scopes: Check[] = [
  ...(['losesNothing', 'converges', 'neverResurrects', 'exactlyOnce'] as const).map((checker) => ({
    checker,
    options: { table: 'rows' },
  })),
  { checker: 'exactlyOnce', options: { table: 'log' } },
  { checker: 'countsExactly', options: { table: 'counters' } },
  { checker: 'noTornTransaction', options: { table: 'txns' } },
  { checker: 'equalBlobs', options: { table: 'blobs' } },
  { checker: 'availability', options: { withinMs: 10_000 } },
  ...(
    [
      'losesNothing',
      'converges',
      'neverResurrects',
      'exactlyOnce',
      'countsExactly',
      'noTornTransaction',
      'equalBlobs',
    ] as const
  ).map((checker) => ({ checker })),
]
/** What replicas that lag do not promise. */
const strong: Check[] = [
  ...(['kv', 'cas-register', 'register'] as const).map(
    (model): Check => ({ checker: 'linearizable', options: { model, table: 'rows' } }),
  ),
  { checker: 'linearizable', options: { model: 'kv', table: 'counters' } },
  { checker: 'staysOrdered' },
]

test('400 random runs of a correct system are never refuted', () => {
  for (let seed = 0; seed < 400; seed++) {
    const random = new Seed(seed).stream('sound')
    const habits = habitsOf(random)
    const history = new History(soundRun(random, habits))
    const staleness: Check = {
      checker: 'staleness',
      options: { table: 'rows', withinMs: habits.lags ? longestLagMs : 0 },
    }
    for (const check of [...scopes, staleness, ...(habits.lags ? [] : strong)]) {
      const [verdict] = judgeHistory(history, [check])
      expect(verdict?.verdict, `seed ${seed}, ${JSON.stringify(check)}: ${verdict?.found}`).not.toBe('invalid')
    }
  }
})

describe('in random runs of a correct system', () => {
  test.each(faults)('$checker refutes $what', ({ checker, options, plant }) => {
    const verdicts = { valid: 0, invalid: 0, unknown: 0 }
    for (let seed = 0; seed < 600 && verdicts.invalid < 100; seed++) {
      const random = new Seed(seed).stream('planted')
      const habits = { ...habitsOf(random), lags: false }
      const run = soundRun(random, habits)
      if (!plant(run, random)) continue
      const [verdict] = judgeHistory(new History(run), [{ checker, options } as Check])
      verdicts[verdict?.verdict ?? 'valid']++
      expect(verdict?.verdict, `seed ${seed}: ${verdict?.found}`).not.toBe('valid')
    }
    expect(verdicts.invalid).toBeGreaterThan(2 * verdicts.unknown)
    expect(verdicts.invalid).toBeGreaterThan(5)
  })
})
