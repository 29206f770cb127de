import type { History } from '../history/history.ts'
import { type Call, showContent } from './linearizable/call.ts'
import { ofTable } from './reading.ts'
import { type KeySources, seenBy, sourcesOf, writtenBy } from './sources.ts'
import { conclude, counted, firstOf, type Verdict } from './verdict.ts'

export interface StaysOrderedOptions {
  /** Judge this table only. */
  table?: string
}

/** The latest that a session knows of one key. */
interface Known {
  startedAtMs: number
  by: 'reading' | 'writing'
  what: string
}

/**
 * No session, that is no client, sees a key go back: it reads its own acknowledged writes or later ones, and never a
 * value older than one that it has read. Older is what had ended before the other began; what overlapped is in any order.
 */
export function staysOrdered(history: History, options: StaysOrderedOptions = {}): Verdict {
  const witness = { readsJudged: 0, readsOfUnknownValues: 0, sessions: 0, keys: 0 }
  const refutations: string[] = []
  const offenders: unknown[] = []
  const sessions = new Set<string>()
  const wentBack: Record<Known['by'], string[]> = { reading: [], writing: [] }

  for (const sources of sourcesOf(history.operations, options.table)) {
    if (!sources.judged) continue
    const known = new Map<string, Known>()
    let judged = 0
    for (const call of sources.calls) {
      const { client } = call.operation
      const step = judgeCall(call, sources, known.get(client))
      if (step.judged) {
        judged++
        sessions.add(client)
      }
      if (step.unknownValue) witness.readsOfUnknownValues++
      if (step.known) known.set(client, step.known)
      if (!step.wentBackFrom) continue
      wentBack[step.wentBackFrom.by].push(
        `${client} on ${call.operation.node} read ${showContent(seenBy(call) ?? '')} of ${sources.key ?? 'the register'} ` +
          `after ${step.wentBackFrom.by} ${step.wentBackFrom.what}`,
      )
      offenders.push({ fault: step.wentBackFrom.by === 'writing' ? 'ownWriteUnread' : 'wentBack', ...call.operation })
    }
    witness.readsJudged += judged
    if (judged > 0) witness.keys++
  }
  witness.sessions = sessions.size
  for (const [by, told] of [
    ['writing', 'reads did not see what their own session had written'],
    ['reading', 'reads went back behind what their session had read'],
  ] as const) {
    if (wentBack[by].length > 0) refutations.push(`${wentBack[by].length} ${told} (${firstOf(wentBack[by])})`)
  }
  return conclude({
    checker: 'staysOrdered',
    claim: `no session sees a key${ofTable(options.table)} go back`,
    witness,
    refutations,
    doubts: witness.readsJudged === 0 ? ['no session read a key of which it knew something'] : [],
    upheld: `${counted(witness.readsJudged, 'read')} of ${counted(witness.sessions, 'session')} never went back`,
    offenders,
  })
}

function judgeCall(call: Call, { byContent }: KeySources, known: Known | undefined) {
  const step: { judged?: boolean; unknownValue?: boolean; known?: Known; wentBackFrom?: Known } = {}
  const seen = seenBy(call)
  const source = seen === undefined ? undefined : byContent.get(seen)
  if (seen !== undefined && source === undefined) step.unknownValue = true
  if (seen !== undefined && source !== undefined) {
    if (known) step.judged = true
    if (known && source.latestEndMs < known.startedAtMs) step.wentBackFrom = known
    // Of several writes of one value the first may be the one that was read.
    else if (source.earliestStartMs > (known?.startedAtMs ?? Number.NEGATIVE_INFINITY)) {
      step.known = { startedAtMs: source.earliestStartMs, by: 'reading', what: showContent(seen) }
    }
  }
  const written = writtenBy(call)
  if (written !== undefined && !call.optional) {
    step.known = { startedAtMs: call.operation.startedAtMs, by: 'writing', what: showContent(written) }
  }
  return step
}
