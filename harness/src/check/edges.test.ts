import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { readJournal } from '../history/readJournal.ts'
import { judgeHistory } from './checkers.ts'
import { checkNamed } from './options.ts'

/** Small histories that went wrong once: `<checker>/<verdict>-<case>.jsonl`, as its neighbours, but of one checker alone. */
const root = join(import.meta.dirname, '../../../fixtures/histories/edges')
const verdicts: Record<string, string> = { good: 'valid', bad: 'invalid', unknown: 'unknown' }
const files = globSync('*/*.jsonl', { cwd: root }).sort()

test.each(files)('%s', (file) => {
  const checker = dirname(file)
  const options = join(root, checker, 'options.json')
  const check = checkNamed(checker, existsSync(options) ? JSON.parse(readFileSync(options, 'utf8')) : {})
  const [verdict] = judgeHistory(readJournal(join(root, file)), [check])
  expect(verdict?.verdict, verdict?.found).toBe(verdicts[basename(file).split('-')[0] as string])
})

test('there are such histories of these checkers', () => {
  const checkers = new Set(files.map((file) => dirname(file)))
  for (const checker of [
    'availability',
    'converges',
    'countsExactly',
    'equalBlobs',
    'exactlyOnce',
    'noTornTransaction',
    'linearizable',
    'losesNothing',
    'neverResurrects',
    'staleness',
    'staysOrdered',
  ])
    expect(checkers).toContain(checker)
})
