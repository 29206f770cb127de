import type { KeyLife } from './keyLives.ts'
import { type Call, callOf } from './linearizable/call.ts'
import { absent, contentOf, isComposite } from './linearizable/content.ts'
import { countedExactly } from './linearizable/normal.ts'
import { patch } from './linearizable/patch.ts'
import { Search } from './linearizable/search.ts'

/** More operations on one key than this, or more steps, and nobody knows. */
const mostCalls = 1_000
const mostSteps = 20_000

/**
 * Whether a key that was appended or added to may hold the value in the end: some order of all that was done to it, within
 * their times, makes it. `older`: only where some acknowledged operations were left out. Undefined: nobody can tell, as
 * something among it has no model or there is too much of it.
 */
export function workedValue(life: KeyLife, value: unknown): Worked {
  const content = contentOf(value)
  const known: Map<string, Worked> = remembered.get(life) ?? new Map()
  remembered.set(life, known)
  // Most nodes hold the same.
  if (!known.has(content)) known.set(content, worked(life, content))
  return known.get(content)
}

type Worked = 'last' | 'older' | 'none' | undefined

const remembered = new WeakMap<KeyLife, Map<string, Worked>>()

function worked(life: KeyLife, content: string): Worked {
  const acts = [...life.writes, ...life.deletes]
  if (life.strangers.length > 0 || acts.length > mostCalls || isComposite(content)) return undefined
  const calls: Call[] = []
  for (const { effect, operation } of acts) {
    // What was answered is no matter of loss, and a comparison that held has written.
    const isHeld = effect.deed === 'cas' && effect.held === true
    const call = callOf({ ...effect, isAnswered: false, ...(isHeld ? { deed: 'write' } : {}) }, operation)
    if (call === undefined || call.act === 'anything') return undefined
    calls.push(call)
  }
  const found = isReached(calls, content)
  if (found !== false) return found === true ? 'last' : undefined
  const older = isReached(
    calls.map((call) => ({ ...call, optional: true })),
    content,
  )
  return older === undefined ? undefined : older ? 'older' : 'none'
}

function isReached(calls: readonly Call[], answered: string): boolean | undefined {
  const [first] = calls
  if (first === undefined) return undefined
  const endMs = Number.MAX_SAFE_INTEGER
  const read: Call = { operation: first.operation, act: 'read', startMs: endMs - 1, endMs, optional: false, answered }
  const search = new Search(patch(countedExactly([...calls, read], 0), absent))
  const ended = search.run(mostSteps)
  return ended === undefined ? undefined : ended === 'valid'
}
