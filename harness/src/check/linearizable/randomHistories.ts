import type { Random } from '../../base/seed.ts'
import type { Operation } from '../../history/operation.ts'

const kinds = {
  register: ['read', 'read', 'write'],
  'cas-register': ['read', 'read', 'write', 'cas', 'cas'],
  kv: ['read', 'read', 'read', 'write', 'cas', 'delete', 'append', 'add'],
}

/** For tests: operations with overlapping times and answers drawn at random, some of which nobody knows the end of. */
export function anyHistory(random: Random, model: keyof typeof kinds, count: number): Operation[] {
  return Array.from({ length: count }, (_, at) => {
    const kind = random.pick(kinds[model])
    const startedAtMs = random.integer(0, 2 * count)
    const outcome = random.chance(0.2) ? 'info' : random.chance(0.05) ? 'fail' : 'ok'
    const operation = operationAt(at, kind, startedAtMs, startedAtMs + random.integer(0, count), inputOf(random, kind))
    const result = outcome === 'ok' ? answerAtRandom(random, kind) : undefined
    return { ...operation, outcome, ...(result === undefined ? {} : { result }) }
  })
}

/**
 * For tests: what clients see of a register that does everything at one moment between start and end, so it is always
 * linearizable. Answers of some operations are lost, whether they took effect or not.
 */
export function soundHistory(random: Random, count: number, clients: number): Operation[] {
  const freeAtMs = new Array<number>(clients).fill(0)
  const planned = Array.from({ length: count }, (_, at) => {
    const client = random.integer(0, clients - 1)
    const startedAtMs = (freeAtMs[client] ?? 0) + random.fraction()
    const endedAtMs = startedAtMs + 4 * random.fraction()
    freeAtMs[client] = endedAtMs
    const kind = random.pick(kinds['cas-register'])
    const operation = operationAt(at, kind, startedAtMs, endedAtMs, inputOf(random, kind))
    return { operation, client, effectAtMs: startedAtMs + random.fraction() * (endedAtMs - startedAtMs) }
  })
  const answers = new Map<number, unknown>()
  let held: unknown
  let crashed = clients
  for (const { operation, effectAtMs } of planned.toSorted((a, b) => a.effectAtMs - b.effectAtMs)) {
    void effectAtMs
    const lost = random.chance(0.02)
    if (lost && random.chance(0.5)) {
      answers.set(operation.id, lostAnswer)
      continue
    }
    let answer: unknown
    if (operation.kind === 'read') answer = held
    else if (operation.kind === 'write') held = operation.value
    else {
      const [expected, written] = operation.value as [unknown, unknown]
      if (expected === held) held = written
      else answer = false
    }
    answers.set(operation.id, lost ? lostAnswer : answer)
  }
  return planned.map(({ operation, client }) => {
    const answer = answers.get(operation.id)
    if (answer === lostAnswer) return { ...operation, client: `c${++crashed}`, outcome: 'info' }
    return { ...operation, client: `c${client}`, ...(answer === undefined ? {} : { result: answer }) }
  })
}

const lostAnswer = Symbol('lost')

function operationAt(at: number, kind: string, startedAtMs: number, endedAtMs: number, value: unknown): Operation {
  const operation = { id: at + 1, client: `c${at}`, node: 'n1', kind, key: 'k', startedAtMs, endedAtMs }
  return { ...operation, outcome: 'ok', ...(value === undefined ? {} : { value }) }
}

function inputOf(random: Random, kind: string): unknown {
  const value = () => random.integer(0, 2)
  if (kind === 'write') return value()
  if (kind === 'cas') return [value(), value()]
  if (kind === 'append') return random.pick(['a', 'b'])
  return kind === 'add' ? random.integer(1, 2) : undefined
}

function answerAtRandom(random: Random, kind: string): unknown {
  if (kind === 'cas') return random.chance(0.5) ? undefined : false
  if (kind === 'add') return random.chance(0.5) ? undefined : random.integer(1, 4)
  return kind === 'read' ? random.pick([undefined, 0, 1, 2, 3, 'a', 'ab']) : undefined
}
