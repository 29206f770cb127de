import { effectsOf } from '../history/effects.ts'
import { changesOf, type Operation } from '../history/operation.ts'
import { kindOf } from '../history/operationKinds.ts'
import { answeredAtMs, type Span, spanOf } from '../history/span.ts'

export interface WrittenBlob {
  sha256: string
  bytes?: number
}

interface Act {
  span: Span
  ok: boolean
  answeredMs: number
  /** Undefined: no blob is there after it. */
  blob?: WrittenBlob | undefined
}

/** All that happened, or may have, to a key that a blob was written to. */
export interface BlobLife {
  key: string
  acts: Act[]
  /** A kind of operation of which nobody knows what it left. */
  unknown?: string
}

/** The keys of a table that blobs were written to; kinds of operation are of no account where a value tells of a blob. */
export function blobLivesOf(operations: readonly Operation[], table: string | undefined): BlobLife[] {
  const lives = new Map<string, BlobLife>()
  const everywhere: { act: Act; unknown: string | undefined }[] = []
  for (const operation of operations) {
    const isOurs = kindOf(operation.kind).deed === 'unknown' && changesOf(operation).some(({ value }) => blobIn(value))
    const act = { span: spanOf(operation), ok: operation.outcome === 'ok', answeredMs: answeredAtMs(operation) }
    for (const effect of effectsOf(isOurs ? { ...operation, kind: 'put' } : operation)) {
      const { deed, reach, key } = effect
      if ((reach !== 'everything' && effect.table !== table) || deed === 'read' || deed === 'localRead') continue
      if (deed === 'cas' && effect.held === false) continue
      const isKnown = deed === 'write' || deed === 'delete' || deed === 'cas'
      const unknown = isKnown ? undefined : operation.kind
      if (reach !== 'key') everywhere.push({ act, unknown })
      if (reach !== 'key' || key === undefined) continue
      const life: BlobLife = lives.get(key) ?? { key, acts: [] }
      lives.set(key, life)
      const happened = act.ok && (deed !== 'cas' || effect.held === true)
      life.acts.push({ ...act, ok: happened, blob: deed === 'delete' ? undefined : blobIn(effect.value) })
      if (unknown !== undefined) life.unknown = unknown
    }
  }
  const blobs = [...lives.values()].filter(({ acts }) => acts.some(({ blob }) => blob))
  for (const life of blobs) {
    for (const { act, unknown } of everywhere) {
      life.acts.push(act)
      if (unknown !== undefined) life.unknown = unknown
    }
  }
  return blobs
}

/** What may have come last: everything but what had ended before another that happened began. */
export function lastOnes({ acts }: BlobLife): Act[] {
  let latestStartMs = Number.NEGATIVE_INFINITY
  for (const { ok, span } of acts) if (ok && span.startMs > latestStartMs) latestStartMs = span.startMs
  return acts.filter(({ span }) => span.endMs >= latestStartMs)
}

/** A blob must be there: one was acknowledged, and nothing else may have come last. */
export function mustHoldBlob(life: BlobLife): boolean {
  return life.acts.some(({ ok, blob }) => ok && blob) && lastOnes(life).every(({ blob }) => blob)
}

/** When the last of it had been acknowledged: a reading that began earlier says nothing about it. */
export function settledAtMs({ acts }: BlobLife): number {
  let settledMs = Number.NEGATIVE_INFINITY
  for (const { ok, answeredMs } of acts) if (ok && answeredMs > settledMs) settledMs = answeredMs
  return settledMs
}

/** `{ sha256, bytes }`, or the sha256 alone. */
function blobIn(value: unknown): WrittenBlob | undefined {
  if (typeof value === 'string') return /^[0-9a-f]{64}$/i.test(value) ? { sha256: value } : undefined
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, 'sha256')) return undefined
  const { sha256, bytes } = value as { sha256: unknown; bytes?: unknown }
  if (typeof sha256 !== 'string') return undefined
  return typeof bytes === 'number' ? { sha256, bytes } : { sha256 }
}
