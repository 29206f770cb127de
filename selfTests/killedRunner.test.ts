/**
 * Guarantee  The journal of a runner that was killed accuses nobody of a write that was in flight.
 * Method     A runner writes, reads the write in flight and is killed with SIGKILL; the command line judges what it left.
 * Fault bit  The journal has no end line, and the write in it has no outcome.
 * Known bad  A runner whose client also reads what nobody wrote: its journal is refuted all the same.
 */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { readJournal } from '../harness/src/history/readJournal.ts'
import { judgeRun } from '../harness/src/run/judge.ts'
import { breakwater, inFolder } from './breakwater.ts'

async function killRunner(folder: string, ...words: string[]): Promise<string> {
  const runner = execa(process.execPath, [join(import.meta.dirname, 'samples', 'killedRunner.ts'), folder, ...words], {
    reject: false,
  })
  await once(runner.stdout, 'data')
  runner.kill('SIGKILL')
  expect(await runner).toMatchObject({ signal: 'SIGKILL', stdout: 'judge me' })
  return join(folder, 'history.jsonl')
}

test('a write in flight that had been applied is not refuted', async () => {
  await inFolder(async (folder) => {
    const file = await killRunner(folder)
    expect(existsSync(join(folder, 'guard.json'))).toBe(false)
    const history = readJournal(file)
    expect(history.complete).toBe(false)
    expect(history.underWay()).toMatchObject([{ client: 'c2', value: 2 }])
    const judged = await breakwater(['judge', file, '--model', 'kv', '--json'])
    expect(JSON.parse(judged.stdout)).toMatchObject({ verdict: 'unknown', operations: 3 })
    expect(judged.exitCode).toBe(3)
    const checks = [{ checker: 'linearizable' }, { checker: 'losesNothing' }] as const
    const verdicts = judgeRun(file, { checks }).histories.flatMap((each) => each.verdicts)
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['unknown', 'unknown'])
  })
})

test('a read of what nobody wrote is refuted', async () => {
  await inFolder(async (folder) => {
    const judged = await breakwater(['judge', await killRunner(folder, 'ghost'), '--model', 'kv', '--json'])
    expect(JSON.parse(judged.stdout)).toMatchObject({ verdict: 'invalid' })
    expect(judged.exitCode).toBe(1)
  })
})
