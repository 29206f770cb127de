import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A change of one file's content. */
export interface ContentChange {
  op: number
  id: number
  change: { type: 'write'; at: number; bytes: Buffer; old: Buffer } | { type: 'truncate'; size: number; old: Buffer }
  synced: boolean
  /** A failed sync has given it up: a cut of the power takes it for certain. */
  dropped?: boolean
}

/** A change of a name in a folder. */
export type NameChange = { op: number } & (
  | { type: 'create'; path: string; id?: number }
  | { type: 'rename'; from: string; to: string; id: number; replaced?: number }
  | { type: 'unlink'; path: string; id: number }
  | { type: 'mkdir' | 'rmdir'; path: string }
)

/** What a node had asked of its disk and the disk had not yet promised to keep when the node was killed. */
export interface DiskJournal {
  /** By file, in order, since all of it was synced last; those of them that were synced since are among them. */
  contents: Map<number, { durableSize: number; changes: ContentChange[] }>
  /** In order. */
  names: NameChange[]
  /** Another name of each file. */
  pathOf(id: number): string
  folder: string
  root: string
}

/** One record as fixtures/faults writes it; see fixtures/faults/README.md. */
interface JournalRecord {
  type: string
  op?: number
  ops?: number[]
  id?: number
  at?: number
  size?: number
  durableSize?: number
  newBytes?: number
  bytes?: number
  root?: string
  [name: string]: unknown
}

/** Reads the journal that a preload left; undefined without one. A torn last record is of a change that never began. */
export function readDiskJournal(folder: string): DiskJournal | undefined {
  const path = join(folder, 'journal')
  if (!existsSync(path)) return undefined
  const journal: DiskJournal = {
    contents: new Map(),
    names: [],
    pathOf: (id) => join(folder, 'inodes', String(id)),
    folder,
    root: '',
  }
  const byOp = new Map<number, ContentChange>()
  for (const { record, bytes } of recordsOf(readFileSync(path))) take(journal, byOp, record, bytes)
  return journal
}

function take(journal: DiskJournal, byOp: Map<number, ContentChange>, record: JournalRecord, bytes: Buffer): void {
  const { type, op = 0, id = 0 } = record
  switch (type) {
    case 'begin':
      journal.root = record.root ?? ''
      break
    case 'write': {
      const split = record.newBytes ?? 0
      const change = { type, at: record.at ?? 0, bytes: bytes.subarray(0, split), old: bytes.subarray(split) } as const
      keep(journal, byOp, { op, id, change, synced: false }, record.durableSize ?? 0)
      break
    }
    case 'truncate':
      keep(
        journal,
        byOp,
        { op, id, change: { type, size: record.size ?? 0, old: bytes }, synced: false },
        record.durableSize ?? 0,
      )
      break
    case 'short': {
      const change = byOp.get(op)?.change
      if (change?.type === 'write') change.bytes = change.bytes.subarray(0, record.bytes)
      break
    }
    case 'gone':
      journal.contents.delete(id)
      break
    case 'synced':
      settle(journal, byOp, record.ops ?? [])
      break
    case 'dropped':
      for (const each of record.ops ?? []) {
        const change = byOp.get(each)
        if (change) change.dropped = true
      }
      break
    case 'created': {
      const created = journal.names.find((each) => each.op === op)
      if (created?.type === 'create') created.id = id
      break
    }
    case 'failed':
      journal.names = journal.names.filter((each) => each.op !== op)
      break
    case 'create':
    case 'rename':
    case 'unlink':
    case 'mkdir':
    case 'rmdir':
      journal.names.push(record as unknown as NameChange)
  }
}

function keep(
  journal: DiskJournal,
  byOp: Map<number, ContentChange>,
  change: ContentChange,
  durableSize: number,
): void {
  const file = journal.contents.get(change.id) ?? { durableSize, changes: [] }
  file.changes.push(change)
  journal.contents.set(change.id, file)
  byOp.set(change.op, change)
}

/** A file of which everything is synced has nothing left to lose. */
function settle(journal: DiskJournal, byOp: Map<number, ContentChange>, ops: readonly number[]): void {
  const synced = new Set(ops)
  journal.names = journal.names.filter(({ op }) => !synced.has(op))
  for (const op of ops) {
    const change = byOp.get(op)
    if (!change) continue
    change.synced = true
    if (journal.contents.get(change.id)?.changes.every((each) => each.synced)) journal.contents.delete(change.id)
    byOp.delete(op)
  }
}

function* recordsOf(journal: Buffer): Generator<{ record: JournalRecord; bytes: Buffer }> {
  for (let at = 0; at + 8 <= journal.length; ) {
    const headLength = journal.readUInt32LE(at)
    const bytesLength = journal.readUInt32LE(at + 4)
    const from = at + 8 + headLength
    if (from + bytesLength > journal.length) return
    const record = JSON.parse(journal.toString('utf8', at + 8, from)) as JournalRecord
    yield { record, bytes: journal.subarray(from, from + bytesLength) }
    at = from + bytesLength
  }
}
