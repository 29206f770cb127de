import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ProveResult } from '../harness/src/cli/prove.ts'
import type { SuiteResult } from '../harness/src/cli/suite.ts'
import { breakwater, repositoryRoot, samples } from './breakwater.ts'
import { against, folderAgainst, schemaNames } from './schema.ts'

// Whatever other self tests have the command line print as JSON is held to its schema as well, by `breakwater` itself.

const readLines = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)

test('every schema is one that ajv takes in its strict mode, and refuses what is none of it', () => {
  expect(schemaNames.length).toBeGreaterThan(8)
  for (const name of schemaNames) expect(against(name, 'no such thing'), name).not.toEqual([])
})

test('a proof and the runs that it made are as their schemas say', async () => {
  const { stdout, stderr } = await breakwater(['prove', 'lww-wall-clock', '--json'])
  const result = JSON.parse(stdout) as ProveResult
  expect(
    result.rows.map(({ result: each }) => each),
    stderr,
  ).toEqual(['killed'])
  const folder = join(repositoryRoot, result.rows[0]?.runFolder ?? '')
  expect(folderAgainst(folder)).toEqual([])
  const run = JSON.parse(readFileSync(join(folder, '..', 'run.json'), 'utf8')) as object
  expect(against('run', run)).toEqual([])
  expect(run).toMatchObject({ code: { knownBad: 'lww-wall-clock' } })
})

test('a field that no schema knows is red, wherever it is added', async () => {
  const { stdout } = await breakwater(['suite', 'SAMPLE-1', 'SAMPLE-2', 'SAMPLE-9', '--exact', '--json'], samples)
  const suite = JSON.parse(stdout) as SuiteResult
  const folder = join(repositoryRoot, suite.runFolder)
  const guard = join(repositoryRoot, suite.guards.find(({ id }) => id === 'SAMPLE-9')?.folder ?? '')
  const values: [string, unknown][] = [
    ['suite', suite],
    ['run', JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'))],
    ['guard', JSON.parse(readFileSync(join(guard, 'guard.json'), 'utf8'))],
    ...readLines(join(guard, 'history.jsonl')).map((line): [string, unknown] => ['history', line]),
  ]
  let added = 0
  for (const [schema, value] of values) {
    expect(against(schema, value), schema).toEqual([])
    for (const object of objectsIn(value)) {
      object.addedLately = 'no schema knows this'
      expect(against(schema, value), `${schema}: ${JSON.stringify(object).slice(0, 200)}`).not.toEqual([])
      delete object.addedLately
      added++
    }
  }
  expect(added).toBeGreaterThan(20)
})

test('saved histories that checkers are held to are as the schema says', () => {
  const histories = join(repositoryRoot, 'fixtures', 'histories')
  // What others wrote below `foreign` has their own shapes.
  const names = readdirSync(histories, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.jsonl') && !name.startsWith('foreign/'),
  )
  expect(names.length).toBeGreaterThan(30)
  for (const name of names) {
    for (const line of readLines(join(histories, name))) expect(against('history', line), name).toEqual([])
  }
})

/** The objects of a shape that the schemas fix: not what a client wrote, was answered or saw, nor data of an event. */
function objectsIn(value: unknown): Record<string, unknown>[] {
  if (value === null || typeof value !== 'object') return []
  const free = new Set(['value', 'result', 'data', 'options', 'offenders', 'builds'])
  const inside = Object.entries(value).flatMap(([name, each]) => (free.has(name) ? [] : objectsIn(each)))
  return Array.isArray(value) ? inside : [value as Record<string, unknown>, ...inside]
}
