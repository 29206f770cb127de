import {
  chownSync,
  closeSync,
  existsSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Random } from '../base/seed.ts'
import type { ContentChange, DiskJournal, NameChange } from './diskJournal.ts'

/** What a cut of the power did to a data folder. Whatever was not synced counts as unsynced, whether it was lost or not. */
export interface Lost {
  changesUnsynced: number
  /** Of them, those that are gone. */
  changesLost: number
  /** Writes of which only the first part is there. */
  writesTorn: number
  bytesLost: number
}

/**
 * What stands behind the part of a torn write that has come to the disk: what was there before, or zeros or anything, as in blocks that a
 * file system had given to the file and not yet written. Only where the file had grown: what was synced is no new block.
 */
export type Torn = 'prefix' | 'zeros' | 'garbage'

/**
 * Brings a dead node's data folder into a state in which a cut of the power may have left it: everything that was synced is
 * there; of the rest all is lost in one case of three, else each change survives by even chance, and one write of two that
 * survive only in part. Harsher than most file systems: a name lives from the sync of its folder on.
 */
export function rewind(journal: DiskJournal, random: Random, torn: Torn = 'prefix'): Lost {
  const lost: Lost = { changesUnsynced: 0, changesLost: 0, writesTorn: 0, bytesLost: 0 }
  const allIsLost = random.integer(1, 3) === 1
  const survives = () => {
    lost.changesUnsynced++
    const does = !allIsLost && random.chance(0.5)
    if (!does) lost.changesLost++
    return does
  }
  for (const change of journal.names.toReversed()) undoName(change, journal)
  for (const [id, { durableSize, changes }] of journal.contents) {
    rewindContent(journal.pathOf(id), durableSize, changes, { survives, random, lost, torn })
  }
  for (const change of journal.names) if (survives()) redoName(change, journal)
  return lost
}

function rewindContent(
  path: string,
  durableSize: number,
  changes: readonly ContentChange[],
  { survives, random, lost, torn }: { survives: () => boolean; random: Random; lost: Lost; torn: Torn },
): void {
  const fd = openSync(path, 'r+')
  try {
    for (const { change } of changes.toReversed()) {
      writeAll(fd, change.old, change.type === 'write' ? change.at : change.size)
    }
    ftruncateSync(fd, durableSize)
    for (const { change, synced, dropped } of changes) {
      if (dropped) {
        lost.changesUnsynced++
        lost.changesLost++
        if (change.type === 'write') lost.bytesLost += change.bytes.length
      } else if (!synced && !survives()) {
        if (change.type === 'write') lost.bytesLost += change.bytes.length
      } else if (change.type === 'truncate') ftruncateSync(fd, change.size)
      else if (synced || change.bytes.length < 2 || random.chance(0.5)) writeAll(fd, change.bytes, change.at)
      else {
        const kept = random.integer(1, change.bytes.length - 1)
        writeAll(fd, change.bytes.subarray(0, kept), change.at)
        const rest = change.bytes.length - kept
        fillNewBlocks(fd, torn, random, { from: Math.max(durableSize, change.at + kept), to: change.at + kept + rest })
        lost.writesTorn++
        lost.bytesLost += rest
      }
    }
  } finally {
    closeSync(fd)
  }
}

function fillNewBlocks(fd: number, torn: Torn, random: Random, { from, to }: { from: number; to: number }): void {
  if (torn === 'prefix' || from >= to) return
  writeAll(fd, torn === 'zeros' ? Buffer.alloc(to - from) : random.bytes(to - from), from)
}

function writeAll(fd: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, at + done)
}

/** The kill may have come before the change was made: then there is nothing to undo. */
function undoName(change: NameChange, journal: DiskJournal): void {
  switch (change.type) {
    case 'create':
      if (existsSync(change.path)) unlinkSync(change.path)
      break
    case 'unlink':
      if (!existsSync(change.path)) linkIfFolder(journal.pathOf(change.id), change.path)
      break
    case 'rename':
      if (isSameFile(change.to, journal.pathOf(change.id))) unlinkSync(change.to)
      if (!existsSync(change.from)) linkIfFolder(journal.pathOf(change.id), change.from)
      if (change.replaced !== undefined && !existsSync(change.to)) {
        linkIfFolder(journal.pathOf(change.replaced), change.to)
      }
      break
    case 'mkdir':
      // With all that is in it: what a lost folder held is lost with it.
      if (existsSync(change.path)) renameSync(change.path, asideOf(change, journal))
      break
    case 'rmdir':
      if (!existsSync(change.path)) makeFolderLikeParent(change.path)
  }
}

function redoName(change: NameChange, journal: DiskJournal): void {
  switch (change.type) {
    case 'create':
      if (change.id !== undefined) linkIfFolder(journal.pathOf(change.id), change.path)
      break
    case 'unlink':
      if (existsSync(change.path)) unlinkSync(change.path)
      break
    case 'rename':
      if (!existsSync(dirname(change.to))) break
      if (existsSync(change.from)) unlinkSync(change.from)
      if (existsSync(change.to)) unlinkSync(change.to)
      linkIfFolder(journal.pathOf(change.id), change.to)
      break
    case 'mkdir':
      if (!existsSync(dirname(change.path)) || existsSync(change.path)) break
      if (existsSync(asideOf(change, journal))) renameSync(asideOf(change, journal), change.path)
      else makeFolderLikeParent(change.path)
      break
    case 'rmdir':
      if (existsSync(change.path) && readdirSync(change.path).length === 0) rmdirSync(change.path)
  }
}

function linkIfFolder(from: string, to: string): void {
  if (existsSync(dirname(to)) && !existsSync(to)) linkSync(from, to)
}

function isSameFile(path: string, other: string): boolean {
  return existsSync(path) && existsSync(other) && statSync(path).ino === statSync(other).ino
}

function asideOf({ op }: NameChange, { folder }: DiskJournal): string {
  return join(folder, `lost-${op}`)
}

/** A node in a container is another user than we are. */
function makeFolderLikeParent(path: string): void {
  if (!existsSync(dirname(path))) return
  mkdirSync(path)
  const { uid, gid } = statSync(dirname(path))
  if (process.getuid?.() === 0) chownSync(path, uid, gid)
}
