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
