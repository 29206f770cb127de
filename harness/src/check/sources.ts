import type { Operation } from '../history/operation.ts'
import { absent, actOf, type Call, type Content, callOf } from './linearizable/call.ts'

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
  /** False once something was appended or added: then values come into being that nobody wrote. */
  judged: boolean
}

/** The keys of the history, or of one of its tables; what failed did not happen. */
export function sourcesOf(operations: readonly Operation[], table: string | undefined): KeySources[] {
  const keys = new Map<string, KeySources>()
  for (const operation of operations) {
    if (operation.outcome === 'fail' || (table !== undefined && operation.table !== table)) continue
    const act = actOf(operation)
    const call = act && callOf(operation, act)
    if (call === undefined) continue
    const name = JSON.stringify([operation.table, operation.key])
    let sources = keys.get(name)
    if (sources === undefined) {
      const first = { earliestStartMs: Number.NEGATIVE_INFINITY, latestEndMs: Number.NEGATIVE_INFINITY }
      const byContent = new Map<Content, Source>([[absent, first]])
      sources = { table: operation.table, key: operation.key, byContent, calls: [], judged: true }
      keys.set(name, sources)
    }
    sources.calls.push(call)
    if (call.act === 'append' || call.act === 'add') sources.judged = false
    const written = writtenBy(call)
    if (written !== undefined) addSource(sources.byContent, written, call)
  }
  for (const { calls } of keys.values()) calls.sort((a, b) => a.operation.startedAtMs - b.operation.startedAtMs)
  return [...keys.values()]
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

function addSource(byContent: Map<Content, Source>, content: Content, { operation, optional }: Call): void {
  const endedAtMs = optional ? Number.POSITIVE_INFINITY : operation.endedAtMs
  const source = byContent.get(content)
  byContent.set(content, {
    earliestStartMs: Math.min(operation.startedAtMs, source?.earliestStartMs ?? Number.POSITIVE_INFINITY),
    latestEndMs: Math.max(endedAtMs, source?.latestEndMs ?? Number.NEGATIVE_INFINITY),
  })
}
