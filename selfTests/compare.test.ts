import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { CompareResult } from '../harness/src/cli/compare.ts'
import { breakwater, inFolder } from './breakwater.ts'

const env = { BREAKWATER_COMPARISONS: 'selfTests/samples/compare/*.ts' }
const server = 'selfTests/samples/echo/server.js'
const build = (preload?: string) =>
  preload === undefined ? `node ${server}` : `node --import ./selfTests/samples/compare/${preload}.js ${server}`

async function compared(base: string, other: string): Promise<{ exitCode: number; result: CompareResult }> {
  const words = ['compare', '--base', base, '--with', other, '--pairs', '8', '--json', '--seed', '71']
  const { exitCode, stdout, stderr } = await breakwater(words, env)
  expect(stdout, stderr).toMatch(/^\{/)
  const { comparisons } = JSON.parse(stdout) as { comparisons: CompareResult[] }
  return { exitCode, result: comparisons[0]! }
}

test('a build against itself is not red', async () => {
  const { exitCode, result } = await compared(build(), build())
  expect(result.verdict).not.toBe('broken')
  expect(exitCode).toBe(result.verdict === 'met' ? 0 : 3)
  expect(result.pairs.length + result.voidPairs.length).toBe(8)
  for (const pair of result.pairs) expect(pair.with.failRatio).toBe(0)
})

test('a build that answers late is red, with the figure, the ratio and its interval', async () => {
  const { exitCode, result } = await compared(build(), build('lateAnswers'))
  expect(exitCode).toBe(1)
  const p50 = result.figures.find(({ figure }) => figure === 'p50')!
  expect(p50).toMatchObject({ verdict: 'broken' })
  expect(p50.with).toBeGreaterThanOrEqual(150)
  expect(p50.found).toMatch(
    /^p50 is \S+ times as much, from \S+ to \S+ at 99 % over 8 pairs; the limit is 2 \(slower answers: the self tests\)\.$/,
  )
})

test('a build that refuses is red for that, however quick it is, and the table says so', async () => {
  const { exitCode, stdout, page } = await inFolder(async (folder) => {
    const path = join(folder, 'page.md')
    const words = ['compare', '--with', build('refusals'), '--pairs', '2', '--seed', '71']
    const ended = await breakwater(words, { ...env, GITHUB_STEP_SUMMARY: path })
    return { ...ended, page: readFileSync(path, 'utf8') }
  })
  expect(exitCode).toBe(1)
  expect(page).toMatch(/^### answers: broken\n/)
  expect(page).toMatch(/broken {2}[23]\d\.\d+ % of the operations failed/)
  expect(page).toContain(`Again: npm run compare -- --with "${build('refusals')}" --pairs 2 --seed 71`)
  expect(stdout).toMatch(/answers: this tree against node --import .*refusals\.js .*, 2 pairs, seed 71/)
  expect(stdout).toMatch(/2 of 2: base p50 .* ms, .*\/s, .* ms CPU an operation; with p50 .*, \d+\.\d+ % failed/)
  expect(stdout).toMatch(/failures +│ 0\.000 +│ 0\.[23]\d+ +│ +│ +│ broken/)
  expect(stdout).toMatch(/broken {2}[23]\d\.\d+ % of the operations failed, 0\.00 % with the base\./)
})

test.each([
  [[], 'Say what to compare'],
  [['--with', 'node x.js', '--limit', '0.9'], 'It must be a number above 1'],
  [['--with', ' '], 'The command of a build is empty'],
  [['nothing', '--with', 'node x.js'], 'There is no comparison "nothing"; there are: answers.'],
  [['--with', 'node x.js', '--runtime', 'moon'], "'moon' is invalid. This version knows: process, docker."],
])('it refuses to compare by %j', async (words, sentence) => {
  const { exitCode, stderr } = await breakwater(['compare', ...words], env)
  expect(stderr).toContain(sentence)
  expect(exitCode).toBe(2)
})
