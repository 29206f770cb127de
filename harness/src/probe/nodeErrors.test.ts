import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { awaitReading } from '../base/awaitReading.ts'
import { ErrorsReader, type NodeError } from './nodeErrors.ts'

let folder: string
let reader: ErrorsReader

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-errors-'))
  reader = new ErrorsReader(join(folder, 'errors.jsonl'))
})

afterEach(() => {
  reader.close()
  rmSync(folder, { recursive: true, force: true })
})

const error: NodeError = { atMs: 1, kind: 'unhandledRejection', message: 'write EPIPE', stack: 'Error\n  at x', pid: 7 }

test('errors are read in their order; no file means none', () => {
  expect(reader.read()).toEqual([])
  appendFileSync(reader.path, `${JSON.stringify(error)}\n`)
  appendFileSync(reader.path, `${JSON.stringify({ ...error, kind: 'uncaughtException' })}\n`)
  expect(reader.read()).toEqual([error, { ...error, kind: 'uncaughtException' }])
})

test('an error is told while the test goes on', async () => {
  const told: NodeError[] = []
  reader.onError((each) => told.push(each))
  appendFileSync(reader.path, `${JSON.stringify(error)}\n`)
  await awaitReading({ what: 'the error', budget: 5_000, probe: () => told, until: (list) => list.length > 0 })
  expect(told).toEqual([error])
})

test('a line that is no recorded error is told with its number', () => {
  appendFileSync(reader.path, `${JSON.stringify(error)}\ngarbage\n`)
  expect(() => reader.read()).toThrow(
    /^Line 2 of .*errors\.jsonl is not a recorded error: garbage \[ARTIFACT_UNREADABLE\]$/,
  )
})
