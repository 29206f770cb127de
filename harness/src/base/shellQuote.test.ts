import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { shellCommand, shellQuote } from './shellQuote.ts'

test.each(['PEER-1', './run/a.b', '--seed', '@scope/x', 'a:b=c,d', '42'])('%s needs no quotes', (word) => {
  expect(shellQuote(word)).toBe(word)
})

const hostile = [
  '',
  'two words',
  '$(touch /tmp/harm)',
  '`id`',
  '$HOME',
  "it's",
  '"quoted"',
  'a;b',
  'a&b|c>d<e',
  '*',
  '?',
  '[a]',
  '{a,b}',
  '~',
  '=ls',
  '!1',
  '#no comment',
  '\\',
  "\\'",
  "'$(id)'",
  'größe',
  '-n',
]

test('every word comes back from a shell as it was', () => {
  const print = [process.execPath, '-e', 'process.stdout.write(JSON.stringify(process.argv.slice(1)))', '--']
  const told = execFileSync('sh', ['-c', shellCommand([...print, ...hostile])], { encoding: 'utf8' })
  expect(JSON.parse(told)).toEqual(hostile)
})

test('what steers a terminal is spelled out', () => {
  const word = "a\u0003\r\nid #'\\\u001b[31m\u007f"
  expect(shellQuote(word)).toBe("$'a\\x03\\x0d\\x0aid #\\'\\\\\\x1b[31m\\x7f'")
  expect(execFileSync('bash', ['-c', `printf %s ${shellQuote(word)}`], { encoding: 'utf8' })).toBe(word)
})
