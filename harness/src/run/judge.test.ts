import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openJournal } from '../history/journal.ts'
import { createRecorder } from '../history/recorder.ts'
import { judgeRun } from './judge.ts'
import { createRunFolder, type RunFolder } from './runFolder.ts'

let root: string
let run: RunFolder
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'breakwater-judge-'))
  run = createRunFolder({ root, seed: 71 })
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const saved = {
  checker: 'losesNothing',
  options: { table: 'rows' },
  verdict: 'valid',
  claim: '',
  found: '',
  witness: {},
}

/** A guard that wrote r1 … r3 and found these keys at the end. */
async function guard(id: string, keys: string[], checks: object[] | undefined = [saved]): Promise<string> {
  const folder = run.guardFolder(id)
  const journal = openJournal(join(folder, 'history.jsonl'), { seed: 71, guard: id })
  const recorder = createRecorder(journal)
  for (const key of ['r1', 'r2', 'r3']) {
    await recorder.run(
      { client: 'c1', node: 'n1', kind: 'insert', table: 'rows', key, value: 1 },
      async () => undefined,
    )
  }
  for (const node of ['n1', 'n2']) {
    await recorder.observe({ node, what: 'rows', table: 'rows' }, () => keys.map((key) => ({ key, value: 1 })))
  }
  await journal.close()
  if (checks) writeFileSync(join(folder, 'guard.json'), JSON.stringify({ id, seed: 71, checks }))
  return folder
}

test('a run is judged again by the checks that were saved with it', async () => {
  await guard('PEER-2', ['r1', 'r2', 'r3'])
  await guard('PEER-10', ['r1', 'r2', 'r3'])
  const judgement = judgeRun(run.path)
  expect(judgement.verdict).toBe('valid')
  expect(judgement.histories).toMatchObject([
    { guard: 'PEER-2', operations: 3, complete: true, verdict: 'valid', changed: [] },
    { guard: 'PEER-10', operations: 3, verdicts: [{ checker: 'losesNothing', verdict: 'valid' }] },
  ])
  expect(judgeRun(join(root, 'latest')).verdict).toBe('valid')
})

test('one bad history makes the run invalid, and the verdict that changed is named', async () => {
  await guard('PEER-1', ['r1', 'r2', 'r3'])
  const bad = await guard('PEER-2', ['r1', 'r3'])
  expect(judgeRun(run.path).verdict).toBe('invalid')
  for (const path of [bad, join(bad, 'history.jsonl')]) {
    const [history] = judgeRun(path).histories
    expect(history).toMatchObject({ verdict: 'invalid', changed: ['losesNothing'] })
    expect(history?.verdicts[0]?.found).toContain('n2 lacks 1 of 3 acknowledged rows')
  }
})

test('a check made in the middle of a run is judged by what was known then', async () => {
  const middle = { ...saved, verdict: 'unknown', upTo: { operations: 2, observations: 0 } }
  const folder = await guard('PEER-1', ['r1', 'r2', 'r3'], [middle, saved])
  const [history] = judgeRun(folder).histories
  expect(history?.verdicts.map((each) => each.verdict)).toEqual(['unknown', 'valid'])
  expect(history?.changed).toEqual([])
})

test('checks may be given, for a history that lies alone', async () => {
  const folder = await guard('PEER-1', ['r1', 'r2', 'r3', 'r3'], undefined)
  rmSync(join(folder, 'guard.json'), { force: true })
  const file = join(folder, 'history.jsonl')
  expect(judgeRun(file, { checks: [{ checker: 'exactlyOnce' }] }).verdict).toBe('invalid')
  expect(() => judgeRun(file)).toThrow(/guard\.json cannot be read.*ARTIFACT_UNREADABLE/)
})

test('a check that is named goes for every node of the guard, and for no times of another tool', async () => {
  const folder = await guard('PEER-1', ['r1', 'r2', 'r3'])
  const check = { checker: 'losesNothing', options: { table: 'rows' } } as const
  expect(judgeRun(folder, { checks: [check] }).verdict).toBe('valid')
  writeFileSync(join(folder, 'guard.json'), JSON.stringify({ nodes: [{ name: 'n1' }, { name: 'n2' }, { name: 'n3' }] }))
  expect(judgeRun(folder, { checks: [check] })).toMatchObject({
    verdict: 'unknown',
    histories: [{ verdicts: [{ found: 'no rows of table rows were read on n3.' }] }],
  })
  const log = join(root, 'pairs.log')
  writeFileSync(log, '0\t:invoke\t:write\t[1 2]\n0\t:ok\t:write\t[1 2]\n')
  expect(() => judgeRun(log, { checks: [{ checker: 'availability' }] })).toThrow(/judges times.*BAD_USAGE/)
  expect(() => judgeRun(log, { checks: [{ checker: 'staysOrdered' }] })).toThrow(/--no-keyed or --keyed.*BAD_USAGE/)
})

test('a journal that ends within a line is that of a killed runner, and says so', async () => {
  const folder = await guard('PEER-1', ['r1', 'r3'])
  const file = join(folder, 'history.jsonl')
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.slice(0, text.indexOf('"type":"end"') + 8))
  expect(judgeRun(folder)).toMatchObject({ verdict: 'invalid', histories: [{ complete: false }] })
  rmSync(join(folder, 'guard.json'))
  const [history] = judgeRun(folder).histories
  expect(history?.notes).toEqual([expect.stringMatching(/has no end.*no checks are saved with it.*--checker/)])
})

test('a run may be judged for linearizability by a model, and a history of another tool is', async () => {
  const folder = await guard('PEER-1', ['r1'])
  expect(judgeRun(folder, { model: 'kv' }).histories).toMatchObject([
    { format: 'journal', verdicts: [{ checker: 'linearizable', verdict: 'unknown' }] },
  ])
  const log = join(root, 'register.log')
  writeFileSync(log, '0\t:invoke\t:write\t1\n0\t:ok\t:write\t1\n0\t:invoke\t:read\tnil\n0\t:ok\t:read\t2\n')
  const judgement = judgeRun(log)
  expect(judgement).toMatchObject({ verdict: 'invalid', operations: 2, histories: [{ guard: 'register.log' }] })
  expect(judgement.histories[0]?.verdicts[0]).toMatchObject({
    claim: 'operations are linearizable as register',
    trace: ['  0  write 1   lines 1 to 2', '✗ 0  read → 2  lines 3 to 4'],
  })
})

test('a history whose runner was killed upholds nothing', async () => {
  const folder = await guard('PEER-1', ['r1', 'r2', 'r3'])
  const file = join(folder, 'history.jsonl')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/\{"type":"end".*\n/, ''))
  expect(judgeRun(run.path)).toMatchObject({ verdict: 'unknown', histories: [{ complete: false, verdict: 'unknown' }] })
  rmSync(join(folder, 'guard.json'))
  expect(judgeRun(run.path)).toMatchObject({ verdict: 'unknown', histories: [{ verdicts: [] }] })
})

test('a guard without checks neither spoils nor makes the verdict of its run', async () => {
  await guard('PEER-1', [], [])
  expect(judgeRun(run.path).verdict).toBe('unknown')
  await guard('PEER-2', ['r1', 'r2', 'r3'])
  expect(judgeRun(run.path).verdict).toBe('valid')
})

test('a damaged history is refused by file and line, a missing one by name', async () => {
  const folder = await guard('PEER-1', ['r1', 'r2', 'r3'])
  const file = join(folder, 'history.jsonl')
  appendFileSync(file, '{"type":"oper')
  expect(() => judgeRun(run.path)).toThrow(/PEER-1\/history\.jsonl is damaged at line 11.*HISTORY_CORRUPT/)
  rmSync(file)
  expect(() => judgeRun(run.path)).toThrow(/PEER-1\/history\.jsonl is missing.*ARTIFACT_UNREADABLE/)
  expect(() => judgeRun(folder)).toThrow(/history\.jsonl is missing.*ARTIFACT_UNREADABLE/)
})

test('a path that leads nowhere, or to no history, says so', () => {
  expect(() => judgeRun(join(root, 'none'))).toThrow(/none cannot be read: ENOENT.*ARTIFACT_UNREADABLE/)
  expect(() => judgeRun(run.path)).toThrow(/is an empty folder.*ARTIFACT_UNREADABLE/)
  writeFileSync(join(run.path, 'notes.txt'), 'x')
  expect(() => judgeRun(run.path)).toThrow(/holds no history: neither history\.jsonl.*ARTIFACT_UNREADABLE/)
})
