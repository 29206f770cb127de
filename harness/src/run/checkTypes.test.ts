import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Seed } from '../base/seed.ts'
import type { Check } from '../check/named.ts'
import { GuardRun } from './guardRun.ts'

test('a misspelt checker or option does not compile, and a cast round the types is BAD_USAGE', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-check-'))
  const openRuntime = () => Promise.reject(new Error('this guard starts no node'))
  const run = new GuardRun({ id: 'CHECK', title: 'names', seed: new Seed(1), folder, openRuntime })
  try {
    const misspelt: (() => unknown)[] = [
      // @ts-expect-error table
      () => run.check('losesNothing', { tabel: 'x' }),
      // @ts-expect-error losesNothing
      () => run.check('losesNothign', { table: 'x' }),
      // @ts-expect-error an option of another checker
      () => run.check('converges', { counter: 'x' }),
      // @ts-expect-error the same beside one that is known
      () => run.check('losesNothing', { table: 'x', withinMs: 1 }),
      // @ts-expect-error a list of nodes
      () => run.check('losesNothing', { nodes: 'n1' }),
      // @ts-expect-error a model that there is
      () => run.check('linearizable', { model: 'kvs' }),
    ]
    for (const call of misspelt) expect(call, call.toString()).toThrow(/BAD_USAGE/)
    expect(run.check('losesNothing')).toMatchObject({ checker: 'losesNothing', verdict: 'unknown' })
    expect(run.check('availability', { withinMs: 10, kinds: ['put'] })).toMatchObject({ verdict: 'unknown' })
  } finally {
    await run.close()
    rmSync(folder, { recursive: true, force: true })
  }
})

/** Only compiled: what explorations and soaks are told to check. */
export const misspeltChecks: readonly Check[] = [
  // @ts-expect-error converges
  { checker: 'convergse' },
  // @ts-expect-error table
  { checker: 'losesNothing', options: { tabel: 'x' } },
]
