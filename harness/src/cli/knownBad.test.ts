import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readKnownBadBuilds } from './knownBad.ts'

const good = {
  id: 'told-otherwise',
  class: 'loss',
  what: 'a rejection is swallowed',
  origin: 'HarperFast/harper-pro pull 368',
  kills: [{ guard: 'PEER-2', assertion: 'to be repaired' }],
}

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-known-bad-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(id: string, content: unknown): void {
  mkdirSync(join(folder, id))
  writeFileSync(join(folder, id, 'defect.json'), typeof content === 'string' ? content : JSON.stringify(content))
}

test('each folder with a defect.json is a build, in the order of their names', () => {
  write('swallowed-hole', good)
  write('cursor-ahead', { ...good, kills: [...good.kills, { guard: 'PEER-3', assertion: 'no row skipped' }] })
  mkdirSync(join(folder, 'notes'))
  writeFileSync(join(folder, 'load.ts'), '')
  const { what, origin, kills } = good
  expect(readKnownBadBuilds(folder)).toEqual([
    { id: 'cursor-ahead', what, origin, kills: [...kills, { guard: 'PEER-3', assertion: 'no row skipped' }] },
    { id: 'swallowed-hole', what, origin, kills },
  ])
})

test('a folder that is not there is refused: it would prove nothing', () => {
  expect(() => readKnownBadBuilds(join(folder, 'none'))).toThrow(/none does not exist\. \[BAD_USAGE\]$/)
})

test.each([
  ['is no JSON', '{"what":', /JSON/],
  ['is no object', null, /cannot be used/],
  ['has no what', { ...good, what: '' }, /it needs "what", "origin" and at least one of "kills"/],
  ['has no origin', { ...good, origin: undefined }, /it needs "what", "origin"/],
  ['has no kills', { ...good, kills: undefined }, /at least one of "kills"/],
  ['has an empty list of kills', { ...good, kills: [] }, /at least one of "kills"/],
  [
    'has a kill without guard',
    { ...good, kills: [{ assertion: 'x' }] },
    /each of "kills" needs "guard" and "assertion"/,
  ],
  [
    'has a kill without words',
    { ...good, kills: [{ guard: 'PEER-2', assertion: '' }] },
    /needs "guard" and "assertion"/,
  ],
])('a defect.json that %s is refused by its path', (_, content, why) => {
  write('a-good-one', good)
  write('swallowed-hole', content)
  const reading = () => readKnownBadBuilds(folder)
  expect(reading).toThrow(why)
  expect(reading).toThrow(/swallowed-hole\/defect\.json cannot be used: .*\[ARTIFACT_UNREADABLE\]$/)
})
