import { formatBytes } from '../base/units.ts'
import type { History } from '../history/history.ts'
import type { Blob, Observation } from '../history/observation.ts'
import { changesOf, keyedIn, type Operation } from '../history/operation.ts'
import { type KeyLife, keyLives, mayBeLast, mustBePresent, settledAtMs } from './keyLives.ts'
import { finalReadings, nodesOf, ofTable, partsOf, type Scope } from './reading.ts'
import { conclude, counted, firstOf, type Verdict } from './verdict.ts'

export type EqualBlobsOptions = Scope

/**
 * Every acknowledged blob is read back on every node with the bytes that were written: same sha256, same length. The
 * operations are those with `{ sha256, bytes }` or a sha256 as their value, whatever their kind.
 */
export function equalBlobs(history: History, options: EqualBlobsOptions = {}): Verdict {
  const nodes = nodesOf(history, options)
  const witness = { operationsAcknowledged: 0, blobsRequired: 0, blobsRead: 0, bytesRequired: 0 }
  const refutations: string[] = []
  const doubts: string[] = []
  const offenders: unknown[] = []

  for (const { table, part } of partsOf(history, options)) {
    const required = blobLives(part.operations, table).filter(mustBePresent)
    if (required.length === 0) continue
    witness.blobsRequired += required.length
    for (const { writes } of required) {
      witness.operationsAcknowledged += writes.filter(({ operation }) => operation.outcome === 'ok').length
      witness.bytesRequired += writtenBlob(writes[0]?.value)?.bytes ?? 0
    }
    const { readings, doubts: unread } = finalReadings(part, 'blobs', nodes, table)
    doubts.push(...unread)
    for (const reading of readings) {
      const blobs = new Map(blobsRead(reading).map((blob) => [blob.key, blob]))
      witness.blobsRead += blobs.size
      const bad: string[] = []
      let tooEarly = 0
      for (const life of required) {
        const flaw = flawOf(life, blobs.get(life.key))
        if (flaw === undefined) continue
        if (settledAtMs(life) > reading.atMs) {
          tooEarly++
          continue
        }
        bad.push(`${life.key} ${flaw}`)
        offenders.push({ fault: 'blob', node: reading.node, key: life.key, flaw })
      }
      if (bad.length > 0) {
        const blobCount = counted(bad.length, 'acknowledged blob', required.length)
        refutations.push(`${reading.node} does not hold ${blobCount}${ofTable(table)} as written (${firstOf(bad)})`)
      }
      if (tooEarly > 0)
        doubts.push(`${reading.node} was read before ${counted(tooEarly, 'blob')} had been acknowledged`)
    }
  }
  if (witness.blobsRequired === 0) doubts.unshift('no blob that had to survive was acknowledged')
  else if (nodes.length === 0) doubts.unshift('no node was read')
  return conclude({
    checker: 'equalBlobs',
    claim: `every acknowledged blob${ofTable(options.table)} has equal bytes on ${options.nodes ? nodes.join(', ') : 'every node'}`,
    witness,
    refutations,
    doubts,
    upheld:
      `all ${counted(witness.blobsRequired, 'acknowledged blob')} (${formatBytes(witness.bytesRequired)}) were read back ` +
      `byte for byte on ${nodes.join(', ')}`,
    offenders,
  })
}

/** The keys that blobs were written to; kinds of operation are those whose values tell of a blob. */
function blobLives(operations: readonly Operation[], table: string | undefined): KeyLife[] {
  const kinds = new Set<string>()
  for (const operation of operations) {
    if (!kinds.has(operation.kind) && changesOf(operation).some(({ value }) => writtenBlob(value)))
      kinds.add(operation.kind)
  }
  return [...keyLives(operations, table, { kinds: [...kinds] }).values()].filter(({ writes }) =>
    writes.some(({ value }) => writtenBlob(value)),
  )
}

/** `{ sha256, bytes }`, or the sha256 alone. */
function writtenBlob(value: unknown): { sha256: string; bytes?: number } | undefined {
  if (typeof value === 'string') return /^[0-9a-f]{64}$/i.test(value) ? { sha256: value } : undefined
  if (value === null || typeof value !== 'object' || !('sha256' in value)) return undefined
  return typeof value.sha256 === 'string' ? (value as { sha256: string; bytes?: number }) : undefined
}

function blobsRead(reading: Observation): readonly Blob[] {
  return Array.isArray(reading.value) ? keyedIn<Blob>(reading.value) : []
}

/** What is wrong with a blob as read back; undefined when it is one that may have been written last. */
function flawOf(life: KeyLife, read: Blob | undefined): string | undefined {
  if (read === undefined) return 'is missing'
  if (read.error !== undefined) return `cannot be read: ${read.error}`
  const wanted = life.writes
    .filter(({ operation }) => mayBeLast(life, operation))
    .map(({ value }) => writtenBlob(value))
    .filter((blob) => blob !== undefined)
  if (wanted.some((each) => each.sha256 === read.sha256 && (each.bytes ?? read.bytes) === read.bytes)) return undefined
  const bytes = wanted[0]?.bytes
  if (bytes !== undefined && read.bytes !== bytes) return `has ${read.bytes} of ${bytes} bytes`
  return 'has other bytes'
}
