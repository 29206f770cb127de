import { describe, expect, test } from 'vitest'
import { Seed } from '../base/seed.ts'
import { History } from '../history/history.ts'
import type { Operation, Outcome } from '../history/operation.ts'
import { hasOrder } from './linearizable/bruteForce.ts'
import type { ModelName } from './linearizable/models.ts'
import { anyHistory, soundHistory } from './linearizable/randomHistories.ts'
import { type LinearizableOptions, linearizable } from './linearizable.ts'

const judge = (operations: Operation[], options: LinearizableOptions) =>
  linearizable(new History({ operations }), options)

/** One operation from start to end, on key k unless its key is named. */
function operation(
  [startedAtMs, endedAtMs]: [number, number],
  kind: string,
  rest: Partial<Operation> & { outcome?: Outcome } = {},
): Operation {
  return {
    id: startedAtMs,
    client: `c${startedAtMs}`,
    node: 'n1',
    key: 'k',
    outcome: 'ok',
    kind,
    startedAtMs,
    endedAtMs,
    ...rest,
  }
}

describe('against a checker that tries every order', () => {
  test.each<ModelName>(['register', 'cas-register', 'kv'])('3 000 small random histories of a %s agree', (model) => {
    const random = new Seed(71).stream(model)
    const found = { valid: 0, invalid: 0 }
    for (let round = 0; round < 3_000; round++) {
      const operations = anyHistory(random, model, random.integer(2, 7))
      const verdict = judge(operations, { model })
      const expected = hasOrder(operations) ? 'valid' : 'invalid'
      if (verdict.witness.answersChecked === 0) continue
      expect(verdict.verdict, JSON.stringify(operations)).toBe(expected)
      found[expected]++
    }
    expect(found.valid).toBeGreaterThan(200)
    expect(found.invalid).toBeGreaterThan(300)
  })

  test('the failing prefix of a random history is the smallest that fails', () => {
    const random = new Seed(72).stream('prefixes')
    let failed = 0
    for (let round = 0; round < 1_500; round++) {
      const operations = anyHistory(random, 'cas-register', random.integer(3, 7)).map((each) => ({
        ...each,
        outcome: each.outcome === 'info' ? 'fail' : each.outcome,
      })) as Operation[]
      const verdict = judge(operations, { model: 'cas-register' })
      if (verdict.verdict !== 'invalid') continue
      failed++
      const prefix = verdict.offenders as Operation[]
      const last = prefix.at(-1) as Operation
      const upTo = (endMs: number) =>
        operations
          .filter((each) => each.startedAtMs <= endMs)
          .map((each): Operation => (each.outcome === 'ok' && each.endedAtMs > endMs ? underWay(each) : each))
      expect(hasOrder(upTo(last.endedAtMs)), JSON.stringify(operations)).toBe(false)
      const earlierEnds = prefix.map((each) => each.endedAtMs).filter((endMs) => endMs < last.endedAtMs)
      expect(hasOrder(upTo(Math.max(-1, ...earlierEnds))), JSON.stringify(operations)).toBe(true)
      expect(prefix).toHaveLength(upTo(last.endedAtMs).filter((each) => each.outcome !== 'fail').length)
    }
    expect(failed).toBeGreaterThan(300)
  })
})

describe('long histories of a sound register', () => {
  const random = new Seed(73).stream('sound')
  const histories = Array.from({ length: 40 }, () => soundHistory(random, 400, 8))

  test('are linearizable', () => {
    for (const operations of histories) {
      const verdict = judge(operations, { model: 'cas-register' })
      expect(verdict.verdict, verdict.found).toBe('valid')
    }
  })

  test('are not once a read is answered by a value that nobody wrote', () => {
    for (const operations of histories) {
      const reads = operations.filter((each) => each.kind === 'read' && each.outcome === 'ok')
      const lying = random.pick(reads)
      const mutated = operations.map((each) => (each === lying ? { ...each, result: 9 } : each))
      const verdict = judge(mutated, { model: 'cas-register' })
      expect(verdict.verdict).toBe('invalid')
      expect(verdict.offenders?.at(-1)).toMatchObject({ id: lying.id })
    }
  })
})

test('two reads that change places are found among a thousand operations', () => {
  const operations = Array.from({ length: 1_000 }, (_, at) =>
    at % 2 === 0
      ? operation([at, at + 1], 'write', { value: at })
      : operation([at, at + 1], 'read', { result: at - 1 }),
  ).map((each) => ({ ...each, endedAtMs: each.startedAtMs + 0.5 }))
  expect(judge(operations, { model: 'register' }).verdict).toBe('valid')
  const swapped = operations.with(301, { ...operations[301], result: 800 } as Operation)
  expect(judge(swapped, { model: 'register' })).toMatchObject({
    verdict: 'invalid',
    found: expect.stringContaining('the first 302 of 1 000 operations on key k have no order'),
  })
})

describe('a failed check', () => {
  const verdict = judge(
    [
      operation([0, 1], 'write', { value: 'old' }),
      operation([2, 3], 'write', { value: 'new' }),
      operation([4, 6], 'read', { result: 'old' }),
      operation([5, 9], 'write', { value: 'new', outcome: 'info' }),
      operation([7, 8], 'read', { result: 'new' }),
    ],
    { model: 'kv', table: undefined },
  )

  test('names the operation that cannot be right, where it was asked and what the key held', () => {
    expect(verdict.found).toBe(
      'the first 4 of 5 operations on key k have no order that kv allows: c4\'s read → "old" on n1 (4.0 to 6.0 ms) ' +
        'cannot be right on key k, which held "new" before.',
    )
  })

  test('shows the operations of the smallest prefix that fails, the failing one marked', () => {
    expect(verdict.trace).toEqual([
      '  c0  write "old"    0.0 to 1.0 ms',
      '  c2  write "new"    2.0 to 3.0 ms',
      '✗ c4  read → "old"   4.0 to 6.0 ms',
      '  c5  write "new" ?  5.0 ms to the end',
    ])
  })
})

describe('a value that one undecided write alone could have written', () => {
  const undecided = operation([0, 1], 'write', { value: 7, outcome: 'info' })

  test('settles that it happened before the value was read', () => {
    const read = (at: number, result: number) => operation([at, at + 1], 'read', { result })
    const history = [operation([0, 0.5], 'write', { value: 1 }), undecided, read(2, 7), read(4, 1)]
    expect(judge(history, { model: 'register' }).verdict).toBe('invalid')
  })

  test('keeps hundreds of such writes from costing anything, read or unread', () => {
    const history = Array.from({ length: 3_000 }, (_, at) => {
      const write = operation([3 * at, 3 * at + 1], 'write', { value: at, outcome: at % 3 === 0 ? 'info' : 'ok' })
      const read = operation([3 * at + 2, 3 * at + 2.5], 'read', { result: at % 3 === 0 && at % 2 === 0 ? at - 1 : at })
      return at % 2 === 0 && at % 3 === 0 ? [write, ...(at === 0 ? [] : [read])] : [write, read]
    }).flat()
    const verdict = judge(history, { model: 'register' })
    expect(verdict.verdict, verdict.found).toBe('valid')
    expect(verdict.witness.configurations).toBeLessThan(2 * history.length)
  })
})

describe('a budget', () => {
  /** Writes that all overlap, each answered by a comparison that fails, and one answer that nothing explains. */
  const hard = [
    ...Array.from({ length: 26 }, (_, at) =>
      operation([at, 1_000], 'cas', { key: 'hard', value: [at % 5, (at * 3) % 7] }),
    ),
    ...Array.from({ length: 26 }, (_, at) => operation([at, 1_000], 'write', { key: 'hard', value: at % 7 })),
    operation([1_001, 1_002], 'read', { key: 'hard', result: 99 }),
  ]

  test('of memory that is spent makes the verdict unknown, with how far the search came', () => {
    const verdict = judge(hard, { model: 'cas-register', memoryBudgetBytes: 1_000_000 })
    expect(verdict.verdict).toBe('unknown')
    expect(verdict.found).toMatch(
      /the memory budget of 976\.6 KiB was spent after [\d ]+ steps and .*key hard at \d+ of 53/,
    )
  })

  test('of time that is spent does so, too', () => {
    const verdict = judge(hard, { model: 'cas-register', timeBudgetMs: 1 })
    expect(verdict).toMatchObject({ verdict: 'unknown', found: expect.stringContaining('the time budget of 1.0 ms') })
  })

  test('is not spent on one hard key while another one refutes the history', () => {
    const refuting = [operation([5_000, 5_001], 'read', { key: 'easy', result: 1 })]
    const verdict = judge([...hard, ...refuting], { model: 'cas-register', memoryBudgetBytes: 10_000_000 })
    expect(verdict).toMatchObject({ verdict: 'invalid', found: expect.stringContaining('on key easy') })
  })
})

test('a model that is none is refused, and what a model does not know is a doubt', () => {
  const read = operation([0, 1], 'read')
  expect(() => judge([read], { model: 'queue' as ModelName })).toThrow(/no model "queue".*cas-register.*BAD_USAGE/)
  expect(judge([read, operation([2, 3], 'cas', { value: [1, 2] })], { model: 'register' })).toMatchObject({
    verdict: 'unknown',
    found: expect.stringContaining('the model register does not know cas'),
  })
  expect(judge([read, operation([2, 3], 'cas', { value: 7 })], { model: 'kv' }).verdict).toBe('unknown')
})

function underWay({ result: _, ...operation }: Operation): Operation {
  return { ...operation, outcome: 'info' }
}
