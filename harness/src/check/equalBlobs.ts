import { formatBytes } from '../base/units.ts'
import type { History } from '../history/history.ts'
import type { Blob, Observation } from '../history/observation.ts'
import { keyedIn } from '../history/operation.ts'
import { clockWentBack } from '../history/span.ts'
import { type BlobLife, blobLivesOf, lastOnes, mustHoldBlob, settledAtMs } from './blobLives.ts'
import { finalReadings, nodesOf, ofTable, partsOf, type Scope } from './reading.ts'
import { conclude, counted, firstOf, type Verdict } from './verdict.ts'

export type EqualBlobsOptions = Scope

/**
 * Every acknowledged blob is read back on every node with the bytes that were written: same sha256, same length where both
 * are told. The operations are those with `{ sha256, bytes }` or a sha256 as their value, whatever their kind.
 *
 * Does not see blobs that nobody wrote, and asks nothing of a key that something else than a blob may have been written to
 * last; one that an operation of unknown kind met is unknown.
 */
export function equalBlobs(history: History, options: EqualBlobsOptions = {}): Verdict {
  const nodes = nodesOf(history, options)
  const witness = { operationsAcknowledged: 0, blobsRequired: 0, blobsRead: 0, bytesRequired: 0 }
  const refutations: string[] = []
  const doubts: string[] = []
  const offenders: unknown[] = []

  for (const { table, part } of partsOf(history, options)) {
    const lives = blobLivesOf(part.operations, table)
    for (const { key, unknown } of lives) {
      if (unknown !== undefined) doubts.push(`nobody knows what "${unknown}" left of ${key}${ofTable(table)}`)
    }
    const required = lives.filter((life) => life.unknown === undefined && mustHoldBlob(life))
    if (required.length === 0) continue
    witness.blobsRequired += required.length
    for (const { acts } of required) {
      witness.operationsAcknowledged += acts.filter(({ ok, blob }) => ok && blob).length
      witness.bytesRequired += acts.find(({ blob }) => blob?.bytes !== undefined)?.blob?.bytes ?? 0
    }
    const { readings, doubts: unread } = finalReadings(part, 'blobs', nodes, table)
    doubts.push(...unread)
    for (const reading of readings) {
      const blobs = Map.groupBy(blobsRead(reading), ({ key }) => key)
      witness.blobsRead += blobs.size
      const bad: string[] = []
      const unchecked: string[] = []
      let tooEarly = 0
      for (const life of required) {
        const listed = blobs.get(life.key) ?? [undefined]
        const flaw = listed.map((blob) => flawOf(life, blob)).find((each) => each !== undefined)
        if (flaw === undefined) continue
        if (settledAtMs(life) >= reading.atMs) tooEarly++
        else if (flaw === noChecksum) unchecked.push(life.key)
        else {
          bad.push(`${life.key} ${flaw}`)
          offenders.push({ fault: 'blob', node: reading.node, key: life.key, flaw })
        }
      }
      if (bad.length > 0) {
        const blobCount = counted(bad.length, 'acknowledged blob', required.length)
        refutations.push(`${reading.node} does not hold ${blobCount}${ofTable(table)} as written (${firstOf(bad)})`)
      }
      if (unchecked.length > 0) doubts.push(`${reading.node} told no checksum of ${firstOf(unchecked)}`)
      if (tooEarly > 0)
        doubts.push(`${reading.node} was read before ${counted(tooEarly, 'blob')} had been acknowledged`)
    }
  }
  const untimed = clockWentBack(history.operations)
  if (untimed !== undefined && refutations.length > 0) doubts.push(...refutations.splice(0), untimed)
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
    offenders: refutations.length > 0 ? offenders : [],
  })
}

function blobsRead(reading: Observation): readonly Blob[] {
  return Array.isArray(reading.value) ? keyedIn<Blob>(reading.value) : []
}

const noChecksum = 'has no checksum'

/** What is wrong with a blob as read back; undefined when it is one that may have been written last. */
function flawOf(life: BlobLife, read: Blob | undefined): string | undefined {
  if (read === undefined) return 'is missing'
  if (read.error !== undefined && read.error !== null) return `cannot be read: ${read.error}`
  const wanted = lastOnes(life).flatMap(({ blob }) => (blob ? [blob] : []))
  const { bytes } = read
  const lengths = wanted.filter((each) => each.bytes === undefined || typeof bytes !== 'number' || each.bytes === bytes)
  if (lengths.length === 0) return `has ${bytes} of ${wanted[0]?.bytes} bytes`
  if (typeof read.sha256 !== 'string') return noChecksum
  const sha256 = read.sha256.toLowerCase()
  return lengths.some((each) => each.sha256.toLowerCase() === sha256) ? undefined : 'has other bytes'
}
