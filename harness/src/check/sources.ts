import { effectsOf } from '../history/effects.ts'
import type { Operation } from '../history/operation.ts'
import { type Call, callOf } from './linearizable/call.ts'
import { absent, type Content } from './linearizable/content.ts'
import { answersAsWritten } from './linearizable/normal.ts'
import { merged, type Stranger, strangerOf } from './linearizable/strangers.ts'

/** When the writes of one content began and ended: a value read may come from any of them. */
export interface Source {
  earliestStartMs: number
  /** Infinity if one of them is undecided: it may take effect at any time. */
  latestEndMs: number
}

/** All that was written to one key, by content. Nothing at all is a content too: it was there first. */
export interface KeySources {
  table: string | undefined
  key: string | undefined
  byContent: Map<Content, Source>
  /** Every operation on the key that says what it wrote or read, in order of its start. */
  calls: Call[]
  /** What may have left any value at all: kinds that nobody knows, appends and adds. In order, apart from each other. */
  strangers: Stranger[]
  /** Those of them that may have left nothing, which an append never does. */
  strangersLeavingNothing: Stranger[]
  /** Acknowledged appends of text, in order of their start. */
  appends: Call[]
  /** Why nothing of the key can be judged, if it cannot. */
  doubt?: string
}

interface Known {
  sources: KeySources
  strangers: Stranger[]
  appends: Call[]
  forms: Set<boolean>
}

/**
 * The keys of the history, or of one of its tables; what failed did not happen. A read within a transaction is none, as
 * nobody knows what it answered.
 */
export function sourcesOf(operations: readonly Operation[], table: string | undefined): KeySources[] {
  const tables = new Map<string | undefined, Map<string | undefined, Known>>()
  const reaching: { table: string | undefined; everything: boolean; operation: Operation; call?: Call }[] = []
  for (const operation of operations) {
    for (const effect of effectsOf(operation)) {
      if (effect.reach !== 'everything' && table !== undefined && effect.table !== table) continue
      const call = callOf(effect, operation)
      if (effect.reach !== 'key') {
        const everything = effect.reach === 'everything'
        reaching.push({ table: effect.table, everything, operation, ...(call === undefined ? {} : { call }) })
        continue
      }
      const keys = tables.get(effect.table) ?? new Map<string | undefined, Known>()
      tables.set(effect.table, keys)
      let known = keys.get(effect.key)
      if (known === undefined) {
        known = { sources: emptySources(effect.table, effect.key), strangers: [], appends: [], forms: new Set() }
        keys.set(effect.key, known)
      }
      known.forms.add(effect.keyIsText)
      add(known, call, operation)
    }
  }
  for (const [name, keys] of tables) {
    const nameless = keys.size > 1 ? keys.get(undefined) : undefined
    for (const known of keys.values()) {
      for (const { table: within, everything, operation, call } of reaching) {
        if (everything || within === name) add(known, call, operation)
      }
      if (nameless === undefined || known === nameless) continue
      const changing = nameless.sources.calls.filter(({ act }) => act !== 'read')
      known.strangers.push(...nameless.strangers, ...changing.map(({ operation }) => strangerOf(operation)))
    }
    if (nameless !== undefined)
      nameless.sources.doubt = 'reads that name no key beside operations that do are not judged'
  }
  return [...tables.values()].flatMap((keys) => [...keys.values()].map(finished))
}

function emptySources(table: string | undefined, key: string | undefined): KeySources {
  return { table, key, byContent: new Map(), calls: [], strangers: [], strangersLeavingNothing: [], appends: [] }
}

function add({ sources, strangers, appends }: Known, call: Call | undefined, operation: Operation): void {
  if (call?.act === 'append' && call.written !== '') appends.push(call)
  else if (call === undefined || call.act === 'append' || call.act === 'add' || call.act === 'anything') {
    strangers.push(strangerOf(operation))
  } else sources.calls.push(call)
}

function finished({ sources, strangers, appends, forms }: Known): KeySources {
  sources.strangersLeavingNothing = merged(strangers)
  sources.strangers = appends.length === 0 ? sources.strangersLeavingNothing : merged([...strangers, ...appends])
  sources.appends = appends.filter((call) => !call.optional).sort((a, b) => a.startMs - b.startMs)
  if (forms.size > 1) {
    sources.doubt = `${sources.key} is the name of a number and of a text, which may be two keys`
  }
  sources.calls = answersAsWritten(sources.calls).toSorted((a, b) => a.startMs - b.startMs)
  const first = { earliestStartMs: Number.NEGATIVE_INFINITY, latestEndMs: Number.NEGATIVE_INFINITY }
  sources.byContent.set(absent, first)
  for (const call of sources.calls) {
    const written = writtenBy(call)
    if (written !== undefined) addSource(sources.byContent, written, call)
  }
  return sources
}

/** What the call leaves in the key, if it did: undefined for what only looks. */
export function writtenBy({ act, held, written }: Call): Content | undefined {
  return act === 'read' || held === false ? undefined : written
}

/** What the call saw in the key before it did anything; undefined where it does not tell. */
export function seenBy({ act, held, expected, answered, optional }: Call): Content | undefined {
  if (optional) return undefined
  return act === 'cas' && held === true ? expected : act === 'read' || act === 'cas' ? answered : undefined
}

/** When the last stranger that had begun by then ended, or ends: Infinity while one may be under way. */
export function strangersUntil(sources: KeySources, seen: Content, byMs: number): number {
  const strangers = seen === absent ? sources.strangersLeavingNothing : sources.strangers
  let [low, high] = [0, strangers.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((strangers[middle] as Stranger).startMs > byMs) high = middle
    else low = middle + 1
  }
  return strangers[low - 1]?.endMs ?? Number.NEGATIVE_INFINITY
}

/** Sentences about keys that operations touched of which nobody knows what they left. */
export function doubtsOf(keys: readonly KeySources[]): string[] {
  const doubtful = keys.filter(({ strangers, doubt }) => strangers.length > 0 || doubt !== undefined)
  const [first] = doubtful
  if (first === undefined) return []
  const kinds = [...new Set(doubtful.flatMap(({ strangers }) => strangers.map(({ operation }) => operation.kind)))]
  const what = first.doubt ?? `nobody knows what ${kinds.slice(0, 3).join(', ')} left there`
  return [
    `${doubtful.length} of ${keys.length} keys (${first.key ?? 'the register'} first) are judged in part or not at all: ${what}`,
  ]
}

function addSource(byContent: Map<Content, Source>, content: Content, { startMs, endMs }: Call): void {
  const source = byContent.get(content)
  byContent.set(content, {
    earliestStartMs: Math.min(startMs, source?.earliestStartMs ?? Number.POSITIVE_INFINITY),
    latestEndMs: Math.max(endMs, source?.latestEndMs ?? Number.NEGATIVE_INFINITY),
  })
}
