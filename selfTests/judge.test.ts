import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SuiteResult } from '../harness/src/cli/suite.ts'
import { breakwater, inFolder, repositoryRoot } from './breakwater.ts'

test('a saved run is judged again to the same verdicts, and a damaged one is named with its line', async () => {
  const ended = await breakwater(['suite', 'PEER-7', '--json'])
  expect(ended.exitCode, ended.stderr).toBe(0)
  const folder = join(repositoryRoot, (JSON.parse(ended.stdout) as SuiteResult).runFolder)

  const judged = await breakwater(['judge', folder, '--json'])
  const judgement = JSON.parse(judged.stdout) as { verdict: string; histories: { verdicts: { checker: string }[] }[] }
  expect(judgement.verdict).toBe('valid')
  expect(judgement.histories[0]?.verdicts.map((verdict) => verdict.checker)).toContain('neverResurrects')
  expect(judged.exitCode).toBe(0)

  await inFolder(async (copy) => {
    cpSync(folder, copy, { recursive: true })
    const history = join(copy, 'PEER-7', 'history.jsonl')
    const lines = readFileSync(history, 'utf8').split('\n')
    lines[4] = '{"type":"operation","id":'
    writeFileSync(history, lines.join('\n'))
    const refused = await breakwater(['judge', copy])
    expect(refused.exitCode).not.toBe(0)
    expect(refused.stderr).toMatch(/history\.jsonl.*line 5.*\[HISTORY_CORRUPT\]/s)
  })
})

test('a path that is no run is one sentence', async () => {
  const refused = await breakwater(['judge', 'no/such/run'])
  expect(refused.exitCode).not.toBe(0)
  expect(refused.stderr).toMatch(/no\/such\/run.*\[ARTIFACT_UNREADABLE\]/)
})

test('histories of other tools are judged, with exit codes that say how', async () => {
  const foreign = (name: string) => join(repositoryRoot, 'fixtures', 'histories', 'foreign', name)
  for (const [name, verdict, exitCode, operations] of [
    ['etcd/etcd_002.log', 'valid', 0, 77],
    ['etcd/etcd_000.log', 'invalid', 1, 85],
    ['kv/c10-bad.txt', 'invalid', 1, 405],
    ['knossos/ok-over-lines.edn', 'valid', 0, 4],
  ] as const) {
    const judged = await breakwater(['judge', foreign(name), '--json'])
    expect(JSON.parse(judged.stdout), name).toMatchObject({ verdict, operations, durationMs: expect.any(Number) })
    expect(judged.exitCode, name).toBe(exitCode)
  }
  const shown = await breakwater(['judge', foreign('knossos/bad-over-lines.edn'), '--model', 'register'])
  expect(shown.exitCode).toBe(1)
  expect(shown.stdout).toContain('the first 3 of 4 operations on the register have no order')
  expect(shown.stdout).toMatch(/✗ 2 +read → 3 +lines 5 to 9/)
  expect((await breakwater(['judge', foreign('etcd/etcd_000.log'), '--model', 'queue'])).exitCode).toBe(2)
})

test('a history that was cut off is named with its line, and is neither valid nor invalid', async () => {
  await inFolder(async (folder) => {
    const cut = join(folder, 'cut.txt')
    const whole = readFileSync(join(repositoryRoot, 'fixtures', 'histories', 'foreign', 'kv', 'c01-ok.txt'), 'utf8')
    writeFileSync(cut, whole.slice(0, 1_000))
    const judged = await breakwater(['judge', cut, '--json'])
    expect(judged.exitCode).toBe(3)
    expect(JSON.parse(judged.stdout)).toMatchObject({ verdict: 'unknown', error: { code: 'HISTORY_CORRUPT' } })
    expect(judged.stderr).toMatch(/cut\.txt is damaged at line 16/)
  })
})

test('what a history does not tell can be said: keys, and what was there before', async () => {
  const found = (name: string) => join(repositoryRoot, 'fixtures', 'histories', 'foreign', 'found', name)
  for (const [words, exitCode] of [
    [[found('unknown/keyed-or-not.edn')], 3],
    [[found('unknown/keyed-or-not.edn'), '--keyed'], 0],
    [[found('unknown/keyed-or-not.edn'), '--no-keyed'], 1],
    [[found('unknown/begins-at-zero.edn'), '--initial', '0'], 0],
    [[found('unknown/begins-at-zero.edn'), '--initial', 'nil'], 1],
    [[found('unknown/begins-at-zero.edn'), '--initial', '[1'], 2],
    [[found('refused/page.html')], 2],
    [[found('refused/deep.edn')], 3],
    [[found('valid/store')], 0],
  ] as const) {
    const judged = await breakwater(['judge', ...words, '--json'])
    expect([...words, judged.exitCode]).toEqual([...words, exitCode])
  }
})

test('a bug of Breakwater itself is no verdict: it has an exit code of its own, and JSON where that was asked for', async () => {
  const broken =
    "data:text/javascript,performance.now = () => { throw new TypeError('\u001b[2Jthe clock is gone\\n::error::x') }"
  const history = join(repositoryRoot, 'fixtures', 'histories', 'foreign', 'etcd', 'etcd_000.log')
  const judged = await breakwater(['judge', history, '--json'], { NODE_OPTIONS: `--import "${broken}"` })
  expect(judged.exitCode).toBe(70)
  expect(JSON.parse(judged.stdout)).toMatchObject({ verdict: 'unknown', error: { code: 'INTERNAL' } })
  expect(judged.stderr).toContain('Breakwater itself failed (TypeError: the clock is gone')
  expect(judged.stderr).not.toContain('\u001b[2J')
  expect(judged.stderr).not.toMatch(/^::/m)

  // Thrown where nobody waits for it, once the command has begun to listen for such.
  const stray =
    "data:text/javascript,process.once('newListener', () => setImmediate(() => { throw new TypeError('gone') }))"
  const cleaned = await breakwater(['clean'], { NODE_OPTIONS: `--import "${stray}"` })
  expect(cleaned.exitCode).toBe(70)
  expect(cleaned.stderr).toContain('Breakwater itself failed (TypeError: gone)')
})
