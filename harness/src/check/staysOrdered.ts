import type { History } from '../history/history.ts'
import { kindOf } from '../history/operationKinds.ts'
import { answeredAtMs, clockWentBack } from '../history/span.ts'
import type { Call } from './linearizable/call.ts'
import { showContent } from './linearizable/content.ts'
import { ofTable } from './reading.ts'
import { doubtsOf, type KeySources, seenBy, sourcesOf, strangersUntil, writtenBy } from './sources.ts'
import { conclude, counted, firstOf, type Verdict } from './verdict.ts'

export interface StaysOrderedOptions {
  /** Judge this table only. */
  table?: string
}

/** What a session knows of one key. */
interface Known {
  startedAtMs: number
  by: 'reading' | 'writing'
  what: string
}

/** What a session knew, and what it will know of the key once operations that are under way have ended. */
interface Session {
  latest?: Known
  coming: { endMs: number; known: Known }[]
}

/**
 * No session, that is no client, sees a key go back: it reads its own acknowledged writes or later ones, and never a
 * value older than one that it has read. Older is what had ended before the other began; what overlapped is in any order,
 * the session's own operations included. It does not see reads of values that nobody wrote, localRead, and what appends and
 * adds made; keys that an operation of no known kind may have touched make the verdict `unknown`.
 */
export function staysOrdered(history: History, options: StaysOrderedOptions = {}): Verdict {
  const witness = { readsJudged: 0, readsOfUnknownValues: 0, sessions: 0, keys: 0 }
  const refutations: string[] = []
  const offenders: unknown[] = []
  const sessions = new Set<string>()
  const wentBack: Record<Known['by'], string[]> = { reading: [], writing: [] }

  const keys = sourcesOf(history.operations, options.table)
  for (const sources of keys) {
    if (sources.doubt !== undefined) continue
    const known = new Map<string, Session>()
    let judged = 0
    for (const call of sources.calls) {
      const { client, kind } = call.operation
      if (kindOf(kind).deed === 'localRead') continue
      const session: Session = known.get(client) ?? { coming: [] }
      known.set(client, session)
      const step = judgeCall(call, sources, knownBy(session, call.startMs))
      if (step.judged) {
        judged++
        sessions.add(client)
      }
      if (step.unknownValue) witness.readsOfUnknownValues++
      const endMs = answeredAtMs(call.operation)
      if (step.known && endMs < Number.POSITIVE_INFINITY) session.coming.push({ endMs, known: step.known })
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
  const doubts = doubtsOf(keys)
  if (witness.readsJudged === 0) doubts.unshift('no session read a key of which it knew something')
  const backwards = clockWentBack(history.operations)
  if (backwards !== undefined) {
    doubts.unshift(backwards)
    refutations.length = 0
    offenders.length = 0
  }
  return conclude({
    checker: 'staysOrdered',
    claim: `no session sees a key${ofTable(options.table)} go back`,
    witness,
    refutations,
    doubts,
    upheld: `${counted(witness.readsJudged, 'read')} of ${counted(witness.sessions, 'session')} never went back`,
    offenders,
  })
}

/** The latest that the session knew when something began: of what had ended by then. */
function knownBy(session: Session, startMs: number): Known | undefined {
  const coming: Session['coming'] = []
  for (const each of session.coming) {
    if (each.endMs >= startMs) coming.push(each)
    else if (each.known.startedAtMs > (session.latest?.startedAtMs ?? Number.NEGATIVE_INFINITY))
      session.latest = each.known
    else session.latest ??= each.known
  }
  session.coming = coming
  return session.latest
}

function judgeCall(call: Call, sources: KeySources, known: Known | undefined) {
  const step: { judged?: boolean; unknownValue?: boolean; known?: Known; wentBackFrom?: Known } = {}
  const seen = seenBy(call)
  const source = seen === undefined ? undefined : sources.byContent.get(seen)
  if (seen !== undefined && source === undefined) step.unknownValue = true
  if (seen !== undefined && source !== undefined) {
    if (known) step.judged = true
    const latestEndMs = Math.max(source.latestEndMs, strangersUntil(sources, seen, call.endMs))
    const [stranger] = sources.strangers
    const strangerMs =
      stranger !== undefined && stranger.startMs <= call.endMs ? stranger.startMs : Number.POSITIVE_INFINITY
    const earliestStartMs = Math.min(source.earliestStartMs, strangerMs)
    if (known && latestEndMs < known.startedAtMs) step.wentBackFrom = known
    // Of several writes of one value the first may be the one that was read.
    else if (earliestStartMs > (known?.startedAtMs ?? Number.NEGATIVE_INFINITY)) {
      step.known = { startedAtMs: earliestStartMs, by: 'reading', what: showContent(seen) }
    }
  }
  const written = writtenBy(call)
  if (written !== undefined && !call.optional) {
    step.known = { startedAtMs: call.startMs, by: 'writing', what: showContent(written) }
  }
  return step
}
