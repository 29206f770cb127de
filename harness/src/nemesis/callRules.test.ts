import { expect, test } from 'vitest'
import { Seed } from '../base/seed.ts'
import { checkCallRule, type DiskRule, type NetworkRule } from './callRules.ts'
import { CallChoice, type ObjectStoreRule } from './objectStoreRule.ts'

const fail = { type: 'fail', code: 'EIO' } as const

test.each([
  ['fs', { operation: ['sync'], effect: fail }, /no property "operation"\. Did you mean "operations"\?.*BAD_USAGE/],
  ['fs', { operations: ['wirte'], effect: fail }, /no operation "wirte"\. Did you mean "write"\?.*BAD_USAGE/],
  ['fs', { operations: ['sync'], effect: { type: 'fial', code: 'EIO' } }, /no effect "fial"\. Did you mean "fail"\?/],
  ['fs', { operations: ['sync'], effect: { type: 'delay', delayMs: 5 } }, /no property "delayMs"\..*BAD_USAGE/],
  ['fs', { operations: ['sync'], effect: fail, evry: 2 }, /no property "evry"\. Did you mean "every"\?.*BAD_USAGE/],
  ['fs', { operations: ['sync'] }, /effect of failDisk must be an object.*BAD_USAGE/],
  ['fs', null, /rule of failDisk must be an object.*BAD_USAGE/],
  ['fs', JSON.parse('{"operations":["sync"],"effect":{"type":"hold"},"constructor":1}'), /no property "constructor"/],
  [
    'net',
    { effect: { type: 'refuse' }, prot: 1 },
    /failNetwork has no property "prot"\. Did you mean "port"\?.*BAD_USAGE/,
  ],
  ['net', { effect: { type: 'refuse' }, per: 'file' }, /failNetwork has no property "per".*BAD_USAGE/],
] as const)('a %s rule %j is refused, and the nearest right name told', (family, rule, sentence) => {
  expect(() => checkCallRule(family, rule)).toThrow(sentence)
})

test('a rule of the object store with an unknown name is refused', () => {
  const rule = { effect: { type: 'cut' }, buket: 'x' } as unknown as ObjectStoreRule
  expect(() => new CallChoice(rule, new Seed(1).stream('x'))).toThrow(/no property "buket"\. Did you mean "bucket"\?/)
})

test('what the types allow is let through', () => {
  const disk: DiskRule = { operations: ['write'], effect: fail, per: 'file', calls: [1], pathIncludes: 'x', limit: 3 }
  const net: NetworkRule = { effect: { type: 'resetAfterBytes', bytes: 4 }, host: 'h', port: 1, keepOpen: true }
  checkCallRule('fs', disk)
  checkCallRule('net', net)
})

/** Only compiled. */
export const misspelt: readonly (DiskRule | NetworkRule | ObjectStoreRule)[] = [
  // @ts-expect-error operations
  { operation: ['sync'], effect: fail } satisfies DiskRule,
  // @ts-expect-error write
  { operations: ['wirte'], effect: fail } satisfies DiskRule,
  // @ts-expect-error ms
  { operations: ['sync'], effect: { type: 'delay', delayMs: 5 } } satisfies DiskRule,
  // @ts-expect-error port
  { effect: { type: 'refuse' }, prot: 1 } satisfies NetworkRule,
  // @ts-expect-error bucket
  { effect: { type: 'slowDown' }, buket: 'x' } satisfies ObjectStoreRule,
]
