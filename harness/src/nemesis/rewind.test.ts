import { existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Random } from '../base/seed.ts'
import { Seed } from '../base/seed.ts'
import { readDiskJournal } from './diskJournal.ts'
import { type Lost, rewind } from './rewind.ts'

let folder: string
let records: Buffer[]
const data = (name: string) => join(folder, 'data', name)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-rewind-'))
  for (const name of ['data', 'journal', 'journal/inodes']) mkdirSync(join(folder, name))
  records = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** One line of the journal, as a preload writes it. */
function journal(record: object, ...parts: string[]): void {
  const head = Buffer.from(JSON.stringify(record))
  const bytes = Buffer.from(parts.join(''))
  const lengths = Buffer.alloc(8)
  lengths.writeUInt32LE(head.length, 0)
  lengths.writeUInt32LE(bytes.length, 4)
  records.push(Buffer.concat([lengths, head, bytes]))
}

/** The file as it was left, by its name in the folder and by its number in the journal. */
function file(name: string, id: number, content: string): void {
  writeFileSync(data(name), content)
  linkSync(data(name), join(folder, 'journal', 'inodes', String(id)))
  journal({ type: 'file', id })
}

/** A file that has no name any more. */
function goneFile(id: number, content: string): void {
  writeFileSync(join(folder, 'journal', 'inodes', String(id)), content)
  journal({ type: 'file', id })
}

function cutPower(random: Random, journalBytes = Buffer.concat(records)): Lost {
  writeFileSync(join(folder, 'journal', 'journal'), journalBytes)
  const read = readDiskJournal(join(folder, 'journal'))
  if (!read) throw new Error('no journal was read')
  return rewind(read, random)
}

const seeded = (seed: number) => new Seed(seed).stream('rewind')
/** Chance that spares nothing, or everything and whole. */
const chance = (integer: number, isSpared: boolean): Random => ({
  ...seeded(1),
  integer: () => integer,
  chance: () => isSpared,
})
const nothingLeft = chance(1, false)
const everythingLeft = chance(3, true)

test('what was not synced is gone, what was synced is there', () => {
  file('log', 1, 'one two three')
  journal({ type: 'write', op: 1, id: 1, at: 0, durableSize: 0, newBytes: 4 }, 'one ')
  journal({ type: 'synced', ops: [1] })
  journal({ type: 'write', op: 2, id: 1, at: 4, durableSize: 4, newBytes: 9 }, 'two three')
  expect(cutPower(nothingLeft)).toEqual({ changesUnsynced: 1, changesLost: 1, writesTorn: 0, bytesLost: 9 })
  expect(readFileSync(data('log'), 'utf8')).toBe('one ')
})

test('what chance spares is there whole', () => {
  file('log', 1, 'one two')
  journal({ type: 'write', op: 1, id: 1, at: 4, durableSize: 4, newBytes: 3 }, 'two')
  expect(cutPower(everythingLeft)).toEqual({ changesUnsynced: 1, changesLost: 0, writesTorn: 0, bytesLost: 0 })
  expect(readFileSync(data('log'), 'utf8')).toBe('one two')
})

test('an overwritten place holds again what was synced there', () => {
  file('page', 1, 'abXYZfgh')
  journal({ type: 'write', op: 1, id: 1, at: 2, durableSize: 8, newBytes: 2 }, 'xy', 'cd')
  journal({ type: 'write', op: 2, id: 1, at: 2, durableSize: 8, newBytes: 3 }, 'XYZ', 'xye')
  cutPower(nothingLeft)
  expect(readFileSync(data('page'), 'utf8')).toBe('abcdefgh')
})

test('a write that was synced stays although an earlier one on its way beside it was not', () => {
  file('page', 1, '12')
  journal({ type: 'write', op: 1, id: 1, at: 0, durableSize: 0, newBytes: 1 }, '1')
  journal({ type: 'write', op: 2, id: 1, at: 1, durableSize: 0, newBytes: 1 }, '2')
  journal({ type: 'synced', ops: [2] })
  expect(cutPower(nothingLeft).changesUnsynced).toBe(1)
  expect([...readFileSync(data('page'))]).toEqual([0, 50])
})

test('what a truncation cut off is back, and a later write on top of it is gone', () => {
  file('members', 1, 'new')
  journal({ type: 'truncate', op: 1, id: 1, size: 0, durableSize: 8 }, 'the old.')
  journal({ type: 'write', op: 2, id: 1, at: 0, durableSize: 8, newBytes: 3 }, 'new')
  cutPower(nothingLeft)
  expect(readFileSync(data('members'), 'utf8')).toBe('the old.')
})

test('a write that the kernel took in part is taken back and put there in part', () => {
  file('log', 1, 'abc')
  journal({ type: 'write', op: 1, id: 1, at: 0, durableSize: 0, newBytes: 6 }, 'abcdef')
  journal({ type: 'short', op: 1, bytes: 3 })
  cutPower(everythingLeft)
  expect(readFileSync(data('log'), 'utf8')).toBe('abc')
})

test('a new name goes until its folder is synced, and stays from then on', () => {
  file('kept', 1, 'x')
  file('lost', 2, 'y')
  journal({ type: 'create', op: 1, path: data('kept') })
  journal({ type: 'created', op: 1, id: 1 })
  journal({ type: 'synced', ops: [1] })
  journal({ type: 'create', op: 2, path: data('lost') })
  journal({ type: 'created', op: 2, id: 2 })
  cutPower(nothingLeft)
  expect(readdirSync(join(folder, 'data'))).toEqual(['kept'])
})

test('a file that was replaced by a rename is back under its name, and the new one under its old', () => {
  goneFile(1, 'old')
  file('members', 2, 'new')
  journal({ type: 'rename', op: 1, from: data('members.tmp'), to: data('members'), id: 2, replaced: 1 })
  cutPower(nothingLeft)
  expect(readFileSync(data('members'), 'utf8')).toBe('old')
  expect(readFileSync(data('members.tmp'), 'utf8')).toBe('new')
})

test('a rename that chance spares is there although the file it comes from was never there durably', () => {
  goneFile(1, 'old')
  file('members', 2, 'new')
  journal({ type: 'create', op: 1, path: data('members.tmp') })
  journal({ type: 'created', op: 1, id: 2 })
  journal({ type: 'rename', op: 2, from: data('members.tmp'), to: data('members'), id: 2, replaced: 1 })
  cutPower(everythingLeft)
  expect(readdirSync(join(folder, 'data'))).toEqual(['members'])
  expect(readFileSync(data('members'), 'utf8')).toBe('new')
})

test('a removed file is back with its content, and gone where its folder was synced', () => {
  goneFile(1, 'base')
  journal({ type: 'unlink', op: 1, path: data('00002.log'), id: 1 })
  cutPower(nothingLeft)
  expect(readFileSync(data('00002.log'), 'utf8')).toBe('base')
})

test('a folder that was not synced takes with it what lies in it', () => {
  mkdirSync(data('log'))
  file('log/00002.log', 1, 'entries')
  journal({ type: 'mkdir', op: 1, path: data('log') })
  journal({ type: 'create', op: 2, path: data('log/00002.log') })
  journal({ type: 'created', op: 2, id: 1 })
  journal({ type: 'synced', ops: [2] })
  cutPower(nothingLeft)
  expect(existsSync(data('log'))).toBe(false)
})

test('a change of names that failed has nothing to take back', () => {
  file('there', 1, 'x')
  journal({ type: 'create', op: 1, path: data('there') })
  journal({ type: 'failed', op: 1 })
  expect(cutPower(nothingLeft).changesUnsynced).toBe(0)
  expect(existsSync(data('there'))).toBe(true)
})

test('a file whose last name is durably gone is not looked for', () => {
  journal({ type: 'file', id: 1 })
  journal({ type: 'write', op: 1, id: 1, at: 0, durableSize: 0, newBytes: 1 }, 'x')
  journal({ type: 'gone', id: 1 })
  expect(cutPower(nothingLeft).changesUnsynced).toBe(0)
})

test('a journal that the kill has torn tells of everything before', () => {
  file('log', 1, 'one two')
  journal({ type: 'write', op: 1, id: 1, at: 0, durableSize: 0, newBytes: 7 }, 'one two')
  const whole = Buffer.concat(records)
  journal({ type: 'write', op: 2, id: 1, at: 7, durableSize: 0, newBytes: 6 }, ' three')
  const all = Buffer.concat(records)
  for (let length = whole.length; length < all.length; length++) {
    writeFileSync(data('log'), 'one two')
    expect(cutPower(nothingLeft, all.subarray(0, length)).changesUnsynced).toBe(1)
    expect(readFileSync(data('log'), 'utf8')).toBe('')
  }
})

test('the same seed leaves the same, other seeds leave something else, and some of it torn', () => {
  const left = (seed: number) => {
    rmSync(join(folder, 'journal', 'inodes'), { recursive: true })
    mkdirSync(join(folder, 'journal', 'inodes'))
    records = []
    file('log', 1, '')
    for (let op = 1; op <= 8; op++) {
      journal({ type: 'write', op, id: 1, at: 10 * (op - 1), durableSize: 0, newBytes: 10 }, String(op).repeat(10))
    }
    const lost = cutPower(seeded(seed))
    return { content: readFileSync(data('log'), 'latin1'), ...lost }
  }
  expect(left(3)).toEqual(left(3))
  const many = Array.from({ length: 40 }, (_, seed) => left(seed))
  expect(new Set(many.map(({ content }) => content)).size).toBeGreaterThan(10)
  expect(many.some(({ writesTorn }) => writesTorn > 0)).toBe(true)
  expect(many.some(({ changesLost }) => changesLost === 8)).toBe(true)
  expect(many.some(({ changesLost }) => changesLost < 4)).toBe(true)
})
