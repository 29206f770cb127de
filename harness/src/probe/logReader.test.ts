import { appendFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { awaitReading } from '../base/awaitReading.ts'
import { nowMs } from '../base/clock.ts'
import { LogReader } from './logReader.ts'

const lineBudgetMs = 5_000

let folder: string
let path: string
const readers: LogReader[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-log-'))
  path = join(folder, 'n1.1.log')
})

afterEach(() => {
  for (const reader of readers.splice(0)) reader.close()
  rmSync(folder, { recursive: true, force: true })
})

function open(at = path, options?: { keptBytes: number }): LogReader {
  const reader = new LogReader(at, options)
  readers.push(reader)
  return reader
}

test('a file that never appeared has no lines, and no bytes that could have held one', () => {
  const reader = open()
  expect(reader.contains('error')).toBe(false)
  expect(reader.bytesRead).toBe(0)
  expect(reader.text()).toBe('')
  writeFileSync(path, 'started\n')
  expect(reader.contains('error')).toBe(false)
  expect(reader.bytesRead).toBe(8)
})

test('questions cover all that was written before they were asked', () => {
  const reader = open()
  writeFileSync(path, 'one error\ntwo\r\n')
  expect(reader.lines()).toEqual(['one error', 'two'])
  appendFileSync(path, 'three error\nfour err')
  expect(reader.matches(/error/)).toEqual(['one error', 'three error'])
  expect(reader.count('err')).toBe(3)
  expect(reader.lineCount).toBe(4)
  appendFileSync(path, 'or\n')
  expect(reader.count('error')).toBe(3)
  expect(reader.lines().at(-1)).toBe('four error')
  expect(reader.text()).toBe('one error\ntwo\r\nthree error\nfour error\n')
})

test('an expression with a position of its own judges each line alike', () => {
  const reader = open()
  writeFileSync(path, 'bad\nbad\nbad\n')
  expect(reader.count(/bad/g)).toBe(3)
  expect(reader.count(/bad/y)).toBe(3)
})

test('a character and a line that are torn between two writes come out whole', async () => {
  const bytes = Buffer.from('grün\n')
  const reader = open()
  const seen: string[] = []
  reader.onLine((line) => seen.push(line))
  for (const byte of bytes) {
    appendFileSync(path, Buffer.from([byte]))
    reader.refresh()
  }
  expect(seen).toEqual(['grün'])
})

test('a listener sees each new line once, in order, within a few milliseconds of the write', async () => {
  writeFileSync(path, 'old\n')
  const reader = open()
  const seen: string[] = []
  const delaysMs: number[] = []
  reader.onLine((line) => {
    seen.push(line)
    delaysMs.push(nowMs() - Number(line))
  })
  const written: string[] = []
  for (let at = 0; at < 20; at++) {
    written.push(String(nowMs()))
    appendFileSync(path, `${written.at(-1)}\n`)
    await awaitReading({
      what: 'the line',
      budget: lineBudgetMs,
      probe: () => seen.length,
      until: (count) => count > at,
    })
  }
  expect(seen).toEqual(written)
  const medianMs = delaysMs.sort((one, other) => one - other)[10] as number
  expect(medianMs).toBeLessThan(20)
})

test('a listener that asks the reader does not change the order that another sees', () => {
  const reader = open()
  const seen: string[] = []
  reader.onLine((line) => {
    if (line === 'first') appendFileSync(path, 'third\n')
    reader.lines()
  })
  reader.onLine((line, index) => seen.push(`${index} ${line}`))
  writeFileSync(path, 'first\nsecond\n')
  reader.refresh()
  expect(seen).toEqual(['0 first', '1 second', '2 third'])
})

test('a listener that joins while others are being told hears only what was not yet read', () => {
  const reader = open()
  const joined: string[] = []
  reader.onLine((line) => {
    if (line === 'first') reader.onLine((later) => joined.push(later))
  })
  writeFileSync(path, 'first\nsecond\n')
  reader.refresh()
  appendFileSync(path, 'third\n')
  reader.refresh()
  expect(joined).toEqual(['third'])
})

test('a listener that was taken back hears nothing more', () => {
  const reader = open()
  const seen: string[] = []
  const stop = reader.onLine((line) => seen.push(line))
  writeFileSync(path, 'one\n')
  reader.refresh()
  stop()
  appendFileSync(path, 'two\n')
  reader.refresh()
  expect(seen).toEqual(['one'])
})

test('an awaited line may be there already, come later, or come in a file and a folder that do not exist yet', async () => {
  const reader = open(join(folder, 'later', 'n1.1.log'))
  const waiting = reader.awaitLine(/^ready on (\d+)/, lineBudgetMs)
  await setImmediate()
  mkdirSync(join(folder, 'later'))
  writeFileSync(reader.path, 'booting\nready on 9001\n')
  expect(await waiting).toBe('ready on 9001')
  expect(await reader.awaitLine('booting', lineBudgetMs)).toBe('booting')
})

test('a line before the mark does not count', async () => {
  writeFileSync(path, 'connected 1\n')
  const reader = open()
  const waiting = reader.awaitLine('connected', lineBudgetMs, { fromLine: reader.lineCount })
  appendFileSync(path, 'connected 2\n')
  expect(await waiting).toBe('connected 2')
})

test('when the budget is spent, the message names the file and its last line', async () => {
  writeFileSync(path, 'booting\nwaiting for peers\n')
  await expect(open().awaitLine('ready', 30)).rejects.toThrow(
    /^Waited 30 ms for a log line with "ready"; 2 lines \(26 B\) read, nothing new for .*, the last line is: waiting for peers\. Open .*n1\.1\.log\. \[BUDGET_SPENT\]$/,
  )
  await expect(open(join(folder, 'none')).awaitLine(/ready/, 10)).rejects.toThrow('the file never appeared')
})

test('a signal ends the wait with its reason', async () => {
  const ended = new AbortController()
  const waiting = open().awaitLine('ready', lineBudgetMs, { signal: ended.signal })
  ended.abort(new Error('the node ended'))
  await expect(waiting).rejects.toThrow('the node ended')
})

test('a file beyond the limit is read again for each question, with the same answers', () => {
  const lines = Array.from({ length: 20_000 }, (_, at) => `line ${at} ${'ü'.repeat(at % 90)}`)
  writeFileSync(path, `${lines.join('\n')}\nunfinished`)
  const small = open(path, { keptBytes: 1_000 })
  expect(small.lines()).toEqual([...lines, 'unfinished'])
  expect(small.lineCount).toBe(20_001)
  expect(small.matches(/^line 1999\d /)).toEqual(lines.slice(19_990))
})

test('a new incarnation is a new file with a reader of its own', () => {
  const [first, second] = [open(), open(join(folder, 'n1.2.log'))]
  writeFileSync(first.path, 'crash\n')
  writeFileSync(second.path, 'started\n')
  expect(first.contains('crash')).toBe(true)
  expect(second.contains('crash')).toBe(false)
  expect(second.bytesRead).toBe(8)
})

test('a file that is emptied in place is read on from its new start', () => {
  writeFileSync(path, 'before the rotation\n')
  const reader = open()
  expect(reader.lineCount).toBe(1)
  truncateSync(path)
  appendFileSync(path, 'after\n')
  expect(reader.lines()).toEqual(['before the rotation', 'after'])
})

test('a closed reader still tells what it read', () => {
  writeFileSync(path, 'one\n')
  const reader = open()
  reader.close()
  appendFileSync(path, 'two\n')
  expect(reader.lines()).toEqual(['one'])
  expect(() => reader.onLine(() => {})).toThrow('is closed')
})
