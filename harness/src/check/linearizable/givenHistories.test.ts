import { existsSync, globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readHistory } from '../../history/readHistory.ts'
import { linearizable } from '../linearizable.ts'
import { modelFor } from './models.ts'

const repository = join(import.meta.dirname, '../../../..')
const copies = join(repository, 'fixtures/histories/foreign')
/** The whole set, where it lies beside the repository. */
const given = join(repository, '../shared/histories')

const linearizableLogs = ['002', '005', '007', '018', '025', '031', '038', '045', '048', '049']

/** The etcd logs are known by number; every other file says in its name what it is. */
function expectedOf(file: string): 'valid' | 'invalid' {
  const number = /^etcd_(\d+)\.log$/.exec(basename(file))?.[1]
  const isGood = number === undefined ? /\bok\b/.test(basename(file)) : linearizableLogs.includes(number)
  return isGood ? 'valid' : 'invalid'
}

function filesIn(root: string): { name: string; path: string; expected: string }[] {
  return globSync('*/*.{log,txt,edn}', { cwd: root })
    .sort()
    .map((name) => ({ name, path: join(root, name), expected: expectedOf(name) }))
}

function verdictOf(path: string) {
  const { history } = readHistory(path)
  return linearizable(history, { model: modelFor(history.operations) })
}

test('the copies are of every format, good and bad', () => {
  const names = filesIn(copies).map(({ name, expected }) => `${name.split('/')[0]} ${expected}`)
  expect([...new Set(names)].sort()).toEqual(
    ['etcd', 'jepsen', 'knossos', 'kv'].flatMap((format) => [`${format} invalid`, `${format} valid`]),
  )
})

test.each(filesIn(copies))('$name is $expected', ({ path, expected }) => {
  const verdict = verdictOf(path)
  expect(verdict.verdict, verdict.found).toBe(expected)
  expect(verdict.trace?.some((line) => line.startsWith('✗')) ?? false).toBe(expected === 'invalid')
})

if (!existsSync(given)) {
  process.stderr.write(`${given} is not there: of the 56 given histories only the copies in fixtures are judged.\n`)
}

describe.runIf(existsSync(given))('all that were given', () => {
  const files = existsSync(given) ? filesIn(given) : []

  test('are 56', () => expect(files).toHaveLength(56))

  test.each(files)('$name is $expected', ({ path, expected }) => {
    const verdict = verdictOf(path)
    expect(verdict.verdict, verdict.found).toBe(expected)
  })
})
