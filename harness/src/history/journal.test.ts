import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openJournal, readJournal } from './journal.ts'
import type { Operation } from './operation.ts'
import { streamJournal } from './readJournal.ts'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-journal-'))
  path = join(folder, 'deep', 'history.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function insert(id: number): Operation {
  return {
    id,
    client: 'c1',
    node: 'n1',
    kind: 'insert',
    table: 'rows',
    key: `r${id}`,
    value: { payload: 'größe\n' },
    startedAtMs: id,
    endedAtMs: id + 0.25,
    outcome: 'ok',
  }
}

async function write(count: number) {
  const journal = openJournal(path, { seed: 71, guard: 'PEER-1' })
  for (let id = 1; id <= count; id++) journal.record(insert(id))
  await journal.close()
}

describe('a journal', () => {
  test('gives back every operation, event and observation as recorded', async () => {
    const journal = openJournal(path, { seed: 71, guard: 'PEER-1' })
    journal.record(insert(1))
    journal.event({ atMs: 2, type: 'fault', what: 'partition n1 from n2', targets: ['n1', 'n2'] })
    journal.observe({ atMs: 3, node: 'n1', what: 'rows', table: 'rows', value: [{ key: 'r1' }] })
    await journal.close()
    const history = readJournal(path)
    expect(history).toMatchObject({ complete: true, header: { version: 2, seed: 71, guard: 'PEER-1' } })
    expect(history.operations).toEqual([insert(1)])
    expect(history.events).toEqual([{ atMs: 2, type: 'fault', what: 'partition n1 from n2', targets: ['n1', 'n2'] }])
    expect(history.observations).toEqual([{ atMs: 3, node: 'n1', what: 'rows', table: 'rows', value: [{ key: 'r1' }] }])
  })

  test('is on disk once flushed, without being closed', async () => {
    const journal = openJournal(path)
    journal.record(insert(1))
    await journal.flush()
    expect(readJournal(path).operations).toHaveLength(1)
    await journal.close()
  })

  test('survives lines that straddle the chunks it is read in', async () => {
    await write(20_000)
    const { operations } = readJournal(path)
    expect(operations).toHaveLength(20_000)
    expect(operations.at(-1)).toEqual(insert(20_000))
  })

  test('refuses what comes after its close, and a second close is harmless', async () => {
    const journal = openJournal(path)
    await journal.close()
    await journal.close()
    expect(() => journal.record(insert(1))).toThrow(/ARTIFACT_UNREADABLE/)
  })

  test('refuses a value that JSON cannot hold, naming it', async () => {
    const journal = openJournal(path)
    expect(() => journal.record({ ...insert(1), value: 1n })).toThrow(/takes JSON only.*BAD_USAGE/)
    await journal.close()
  })

  test('says in one sentence that a file cannot be made', () => {
    writeFileSync(join(folder, 'file'), '')
    expect(() => openJournal(join(folder, 'file', 'history.jsonl'))).toThrow(/cannot be written: .*ARTIFACT_UNREADABLE/)
  })

  test('says in one sentence that the disk is full', () => {
    // /dev/full answers each write with ENOSPC.
    expect(() => openJournal('/dev/full')).toThrow(/\/dev\/full cannot be written: ENOSPC.*ARTIFACT_UNREADABLE/)
  })
})

const header = '{"type":"header","version":2}'
const invocation = (id: number) =>
  `{"type":"invocation","id":${id},"client":"c1","node":"n1","kind":"put","key":"x","value":${id},"startedAtMs":${id}}`
const outcome = (id: number) => `{"type":"outcome","id":${id},"endedAtMs":${id + 10},"outcome":"ok"}`
const saved = (...lines: string[]) => {
  writeFileSync(join(folder, 'saved.jsonl'), `${lines.join('\n')}\n`)
  return join(folder, 'saved.jsonl')
}

describe('invocations and outcomes', () => {
  test('are put together by id, in the order of the invocations', () => {
    const { operations } = readJournal(
      saved(header, invocation(1), invocation(2), outcome(2), invocation(5), outcome(1)),
    )
    expect(operations).toEqual([
      { ...asked(1), endedAtMs: 11, outcome: 'ok' },
      { ...asked(2), endedAtMs: 12, outcome: 'ok' },
      { ...asked(5), endedAtMs: Number.POSITIVE_INFINITY, outcome: 'info' },
    ])
  })

  test('are told to a reader as they end, and last what never did', () => {
    const told: string[] = []
    streamJournal(saved(header, invocation(1), invocation(2), outcome(2), '{"type":"end","lines":4}'), {
      invoked: ({ id }) => told.push(`asked ${id}`),
      operation: ({ id, outcome: ended }) => told.push(`${ended} ${id}`),
    })
    expect(told).toEqual(['asked 1', 'asked 2', 'ok 2', 'info 1'])
  })

  test.each<[string, string[], RegExp]>([
    ['an end without an invocation', [outcome(1)], /line 2: operation 1 ends, which is not under way/],
    ['a second end', [invocation(1), outcome(1), outcome(1)], /line 4: operation 1 ends, which is not under way/],
    ['a second invocation', [invocation(1), invocation(1)], /line 3: operation 1 comes after operation 1/],
    [
      'a second invocation after its end',
      [invocation(1), outcome(1), invocation(1)],
      /line 4: operation 1 comes after operation 1/,
    ],
    ['an id that falls', [invocation(2), invocation(1)], /line 3: operation 1 comes after operation 2/],
    ['an end that is no number', [invocation(1), outcome(1).replace('11', '1e999')], /line 3: the outcome lacks/],
    ['an outcome of no kind', [invocation(1), outcome(1).replace('ok', 'maybe')], /line 3: the outcome lacks/],
    ['an invocation by nobody', [invocation(1).replace('client', 'who')], /line 2: the invocation lacks/],
  ])('with %s are refused by line', (_, lines, message) => {
    expect(() => readJournal(saved(header, ...lines))).toThrow(message)
  })

  test('an end changes nothing of what was asked', () => {
    const forged = outcome(1).replace('{', '{"value":7,"key":"y","startedAtMs":99,')
    expect(readJournal(saved(header, invocation(1), forged)).operations).toEqual([
      { ...asked(1), endedAtMs: 11, outcome: 'ok' },
    ])
  })

  test('belong to version 2, in whose place version 1 had whole operations in the order of their ends', () => {
    const old = header.replace('2', '1')
    const whole = (id: number) => JSON.stringify({ type: 'operation', ...insert(id) })
    expect(readJournal(saved(old, whole(2), whole(1)))).toMatchObject({
      header: { version: 1 },
      operations: [insert(2), insert(1)],
    })
    expect(() => readJournal(saved(old, invocation(1)))).toThrow(
      /line 2: "invocation" is not a type of line in version 1/,
    )
  })
})

function asked(id: number) {
  return { id, client: 'c1', node: 'n1', kind: 'put', key: 'x', value: id, startedAtMs: id }
}

describe('a saved history', () => {
  test('without its end line is read as incomplete', async () => {
    await write(3)
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, 3)
    writeFileSync(path, `${lines.join('\n')}\n`)
    const history = readJournal(path)
    expect(history.complete).toBe(false)
    expect(history.operations).toHaveLength(2)
  })

  test('that is cut at any byte is read as incomplete, as its runner was killed', async () => {
    await write(3)
    const bytes = readFileSync(path)
    for (let size = 1; size < bytes.length - 1; size++) {
      truncateSync(path, size)
      const { complete, operations } = readJournal(path)
      const lines = bytes.subarray(0, size).toString().split('\n')
      const begun = lines.filter((line) => line.includes('"operation"') && line.endsWith('}') && line.includes('"ok"'))
      expect({ complete, operations: operations.length }).toEqual({ complete: false, operations: begun.length })
      writeFileSync(path, bytes)
    }
  })

  test.each([
    ['torn before others', (lines: string[]) => lines.with(1, (lines[1] as string).slice(0, -20)).join('\n')],
    ['torn, and yet ended', (lines: string[]) => `${(lines.slice(0, 2).join('\n')).slice(0, -20)}\n`],
    ['that never was one', (lines: string[]) => `${lines.slice(0, 2).join('\n')}\nwhat`],
  ])('with a line %s is refused by file and line', async (_, damage) => {
    await write(3)
    writeFileSync(path, damage(readFileSync(path, 'utf8').split('\n')))
    expect(() => readJournal(path)).toThrow(/history\.jsonl is damaged at line [23]: it is torn.*HISTORY_CORRUPT/)
  })

  test.each<[string, (lines: string[]) => string[], RegExp]>([
    [
      'a line missing',
      (lines) => lines.toSpliced(2, 1),
      /line 4: the end line counts 4 lines before it, but there are 3/,
    ],
    ['a line of unknown type', (lines) => lines.with(1, '{"type":"remark"}'), /line 2: "remark" is not a type of line/],
    ['a line that is no object', (lines) => lines.with(2, '7'), /line 3: it is not an object/],
    ['no header', (lines) => lines.slice(1), /line 1: the first line is not a header/],
    ['two headers', (lines) => lines.toSpliced(1, 0, lines[0] as string), /line 2: there is a second header/],
    [
      'a version of the future',
      (lines) => lines.with(0, '{"type":"header","version":3}'),
      /line 1: version 3 is not one/,
    ],
    ['an operation without outcome', (lines) => lines.with(1, '{"type":"operation","id":1}'), /line 2: the operation/],
    ['an event of no kind', (lines) => lines.with(1, '{"type":"event","event":{"atMs":1}}'), /line 2: the event lacks/],
    [
      'an observation of nobody',
      (lines) => lines.with(1, '{"type":"observation","atMs":1}'),
      /line 2: the observation/,
    ],
  ])('with %s is refused by line', async (_, damage, message) => {
    await write(3)
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    writeFileSync(path, `${damage(lines).join('\n')}\n`)
    expect(() => readJournal(path)).toThrow(message)
    expect(() => readJournal(path)).toThrow(/HISTORY_CORRUPT/)
  })

  test('with anything after its end is refused', async () => {
    await write(1)
    appendFileSync(path, '{"type":"end","lines":3}\n')
    expect(() => readJournal(path)).toThrow(/line 4: there is more after the end line/)
  })

  test('that is empty or missing is refused, each in its own words', () => {
    writeFileSync(join(folder, 'empty'), '')
    expect(() => readJournal(join(folder, 'empty'))).toThrow(/line 1: the file is empty.*HISTORY_CORRUPT/)
    expect(() => readJournal(join(folder, 'none'))).toThrow(/cannot be read: ENOENT.*ARTIFACT_UNREADABLE/)
  })
})
