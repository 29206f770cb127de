import { closeSync, lstatSync, openSync, readdirSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { HarnessError } from '../base/errors.ts'
import { type Fault, openFault } from '../base/fault.ts'
import type { Random } from '../base/seed.ts'
import type { Node } from '../cluster/node.ts'

/** What becomes of bytes that lie on a disk: one bit turns, or some bytes are anything, or zeros, as in a sector that was lost. */
export interface DamageOptions {
  readonly how: 'bitFlip' | 'garbage' | 'zeros'
  /** How many bytes garbage and zeros take; 64 unless told. */
  readonly bytes?: number
  /** Source of a regular expression that the path below the data folder must match; any file unless told. */
  readonly pathPattern?: string
}

/**
 * Damages a file of the node at rest, behind its back, while it is down or running. Which of the files that match and where in it, the seed
 * decides. The heal puts back what was there, byte by byte, except where the node has written since. Throws BAD_USAGE without such a file.
 */
export function damageFile<Client>(node: Node<Client>, options: DamageOptions, random: Random): Fault {
  const file = pickFile(node, options, random)
  if (file === undefined) {
    const which = options.pathPattern === undefined ? 'that is not empty' : `that matches /${options.pathPattern}/`
    throw new HarnessError(
      'BAD_USAGE',
      `${node.name} has no file ${which} in ${node.plan.dataFolder}: write something first, or look for another one.`,
    )
  }
  const { path, name, size } = file
  const wanted = options.how === 'bitFlip' ? 1 : (options.bytes ?? 64)
  const at = random.integer(0, Math.max(0, size - wanted))
  const before = readAt(path, at, Math.min(wanted, size - at))
  const damaged = damage(before, options.how, random)
  writeWhere(path, at, damaged, () => true)
  const changed = damaged.filter((byte, index) => byte !== before[index]).length
  const count = options.how === 'bitFlip' ? 'bitsFlipped' : 'bytesDamaged'
  return openFault({
    name: `${options.how} in ${name} of ${node.name} at byte ${at}`,
    kind: 'damageFile',
    targets: [node.name],
    counts: () => ({ [count]: changed }),
    heal: () => writeWhere(path, at, before, (byte, index) => byte === damaged[index]),
  })
}

/** Whether there is anything to damage. */
export function hasFile<Client>(node: Node<Client>, options: DamageOptions): boolean {
  return filesOf(node, options).length > 0
}

function pickFile<Client>(node: Node<Client>, options: DamageOptions, random: Random) {
  const files = filesOf(node, options)
  return files.length === 0 ? undefined : random.pick(files)
}

function filesOf<Client>({ plan }: Node<Client>, { pathPattern = '' }: DamageOptions) {
  const pattern = new RegExp(pathPattern)
  const names = readdirSync(plan.dataFolder, { recursive: true, encoding: 'utf8' }).sort()
  return names.flatMap((name) => {
    if (!pattern.test(name)) return []
    const path = join(plan.dataFolder, name)
    // A running node may have removed it meanwhile.
    const stats = lstatSync(path, { throwIfNoEntry: false })
    return stats?.isFile() && stats.size > 0 ? [{ name, path, size: stats.size }] : []
  })
}

function damage(before: Buffer, how: DamageOptions['how'], random: Random): Buffer {
  if (how === 'zeros') return Buffer.alloc(before.length)
  if (how === 'garbage') return random.bytes(before.length)
  const damaged = Buffer.from(before)
  damaged[0] = (damaged[0] ?? 0) ^ (1 << random.integer(0, 7))
  return damaged
}

function readAt(path: string, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  const fd = openSync(path, 'r')
  try {
    return bytes.subarray(0, readSync(fd, bytes, 0, length, at))
  } finally {
    closeSync(fd)
  }
}

/** Writes those of the bytes in whose place there is what `isOurs` takes for ours. A file that has gone needs none. */
function writeWhere(path: string, at: number, bytes: Buffer, isOurs: (there: number, index: number) => boolean): void {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return
  const there = readAt(path, at, bytes.length)
  const fd = openSync(path, 'r+')
  try {
    for (const [index, byte] of there.entries()) {
      if (isOurs(byte, index)) writeSync(fd, bytes, index, 1, at + index)
    }
  } finally {
    closeSync(fd)
  }
}
