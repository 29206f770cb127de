import { expect, test } from 'vitest'
import { readEnvironment } from './environment.ts'

test('without a command line around it, a test gets defaults', () => {
  expect(readEnvironment({})).toEqual({
    seed: undefined,
    runFolder: undefined,
    keep: false,
    runtime: 'process',
    repeat: 1,
    knownBad: false,
  })
})

test('the command line says all of it', () => {
  const env = {
    BREAKWATER_SEED: '71',
    BREAKWATER_RUN_FOLDER: '/runs/1',
    BREAKWATER_KEEP: '1',
    BREAKWATER_RUNTIME: 'docker',
    BREAKWATER_REPEAT: '3',
    BREAKWATER_KNOWN_BAD: 'delete-resurrected',
  }
  const { seed, ...rest } = readEnvironment(env)
  expect(seed?.value).toBe(71)
  expect(rest).toEqual({ runFolder: '/runs/1', keep: true, runtime: 'docker', repeat: 3, knownBad: true })
})

test('a seed of the person at the keyboard counts where the command line says none', () => {
  expect(readEnvironment({ SEED: '5' }).seed?.value).toBe(5)
  expect(readEnvironment({ SEED: '5', BREAKWATER_SEED: '6' }).seed?.value).toBe(6)
  expect(readEnvironment({ SEED: '5', BREAKWATER_SEED: '' }).seed?.value).toBe(5)
  expect(readEnvironment({ SEED: '' }).seed).toBeUndefined()
})

test.each(['abc', '-1', '1.5', '5000000000'])('a seed of %s is refused with what it may be', (seed) => {
  expect(() => readEnvironment({ SEED: seed })).toThrow(/whole number from 0 to 4294967295.*\[BAD_USAGE\]$/)
})

test('only 1 keeps a failed cluster up', () => {
  expect(readEnvironment({ BREAKWATER_KEEP: '0' }).keep).toBe(false)
  expect(readEnvironment({ BREAKWATER_KEEP: '' }).keep).toBe(false)
})
