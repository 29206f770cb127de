import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { expect, onTestFinished, test } from 'vitest'
import { junitOf, writeJUnit } from './junit.ts'
import type { GuardRow } from './outcome.ts'

const row = (id: string, outcome: GuardRow['outcome'], change: Partial<GuardRow> = {}): GuardRow => ({
  ...{ id, outcome, title: `${id} a & "b" <c>`, file: 'x/a.test.ts', repeat: 1, durationMs: 2_411 },
  ...change,
})
const run = {
  ...{ passed: 1, failed: 2, inconclusive: 1, notRun: 1, seed: 71, runtime: 'process', durationMs: 65_000 },
  scale: 'gate' as const,
  guards: [
    row('PEER-1', 'passed', { repeat: 3 }),
    row('PEER-2', 'failed', { message: 'expected \u001b[31m1\u001b[39m <to be> 2 \u0007', code: 'NODE_EXITED' }),
    row('PEER-3', 'inconclusive', { message: 'no samples', code: 'INCONCLUSIVE' }),
    row('PEER-4', 'notRun', { message: 'lacks firewall' }),
  ],
  errors: ['cannot be loaded'],
}

interface TestCase {
  name: string
  failure?: { message: string; type: string; '#text': string }
  error?: { message: string; type?: string; '#text': string }
  skipped?: unknown
}

function parsed(xml: string) {
  expect(XMLValidator.validate(xml)).toBe(true)
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' })
  return parser.parse(xml).testsuites as {
    tests: string
    failures: string
    errors: string
    skipped: string
    testsuite: { testcase: TestCase[] }
  }
}

test('every end of a guard has its own element, and the sums are true', () => {
  const { testsuite, ...sums } = parsed(junitOf(run))
  expect(sums).toMatchObject({ tests: '5', failures: '1', errors: '2', skipped: '1' })
  const [passed, failed, inconclusive, notRun, stray] = testsuite.testcase
  expect(passed).toMatchObject({ name: 'PEER-1 a & "b" <c> #3', time: '2.411', classname: 'x/a.test.ts' })
  expect(passed).not.toHaveProperty('failure')
  expect(failed?.failure).toMatchObject({ type: 'NODE_EXITED' })
  expect(failed?.failure?.message).toBe('expected 1 <to be> 2')
  expect(failed?.failure?.['#text']).toMatch(/expected 1 <to be> 2.*Again: npm run suite -- PEER-2 --seed 71/s)
  expect(inconclusive?.error).toMatchObject({ type: 'INCONCLUSIVE', message: 'no samples' })
  expect(inconclusive?.error?.['#text']).toContain('Again: npm run suite -- PEER-3 --seed 71')
  expect(notRun).toHaveProperty('skipped')
  expect(stray?.error?.message).toContain('cannot be loaded')
})

test('it is written where it was asked for, folders and all', () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-junit-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'a', 'b', 'guards.xml')
  writeJUnit(path, run)
  expect(readFileSync(path, 'utf8')).toBe(junitOf(run))
})

test('text that XML cannot hold leaves a file that every reader takes', () => {
  const message = `\u001b[31mred\u001b[39m nul \u0000 bell \u0007 esc-cut \u001b half \ud800 end ]]> & ]]> <tag attr="x"> \u0085 \u2028 \ufffe \u{1f600} ${'x'.repeat(2_000_000)}`
  const guards = [
    row('PEER-2', 'failed', { title: 'PEER-2 <odd> \u001b[31mtitle \ufffe', message: `${message}\nsecond line` }),
  ]
  const xml = junitOf({ ...run, guards, errors: [message] })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may be in there
  expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/)
  expect(xml.isWellFormed()).toBe(true)
  const [failed] = [parsed(xml).testsuite.testcase].flat()
  expect(failed?.failure?.message.length).toBeLessThan(600)
  expect(failed?.failure?.['#text']).toMatch(/red nul.*bell.*]] > & ]] > <tag attr="x">/)
})
