import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { problemsOf } from './manifests.ts'

const explore = readFileSync(join(import.meta.dirname, 'kubernetes', 'explore.yaml'), 'utf8')
const problems = (text: string) => problemsOf(text, 'x.yaml').join('\n')

test('the manifest of the exploration is what Kubernetes takes', { timeout: 60_000 }, () => {
  expect(problems(explore)).toBe('')
})

test.each([
  ['a field that does not exist', ['completionMode:', 'completionsMode:'], /completionsMode.*does not exist/],
  ['a field of a container that does not exist', ['volumeMounts:', 'volumesMounts:'], /volumesMounts/],
  ['a number that is a text', ['completions: 10', "completions: 'ten'"], /completions must be integer/],
  ['a container without a name', ['- name: explore', '- workingDir: /app'], /must have required property name/],
  ['a value that is none of those there are', ['completionMode: Indexed', 'completionMode: Sharded'], /completionMode/],
  ['a kind without a schema', ['kind: Job', 'kind: Jop'], /no schema of "batch\/v1 Jop"/],
  ['no YAML', ['spec:', 'spec: ]'], /x\.yaml: /],
])('%s is told', { timeout: 60_000 }, (_, [from = '', to = ''], told) => {
  expect(explore).toContain(from)
  expect(problems(explore.replace(from, to))).toMatch(told)
})
