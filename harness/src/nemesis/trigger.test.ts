import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { budget } from '../base/budget.ts'
import { nowMs } from '../base/clock.ts'
import type { Node } from '../cluster/node.ts'
import { NodeLog } from '../cluster/nodeLog.ts'
import { History } from '../history/history.ts'
import type { Operation } from '../history/operation.ts'
import { NetworkBed } from '../network/networkBed.ts'
import { acknowledged, afterMs, carried, logged, openWhen, type Trigger } from './trigger.ts'

const budgetMs = 5_000

/** Opens on the trigger and tells how often it did. */
function opening(trigger: Trigger) {
  const seen = { opened: 0 }
  const done = openWhen(trigger, () => ++seen.opened)
  return { seen, done }
}

/** Long enough for a trigger that would open too early to do so. */
async function someTurns(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await setImmediate()
}

let id = 0
const operation = (kind: string, outcome: Operation['outcome'] = 'ok'): Operation => ({
  id: ++id,
  client: 'c1',
  node: 'n1',
  kind,
  startedAtMs: 1,
  endedAtMs: 2,
  outcome,
})

test('a fault opens once so many operations were acknowledged, refused ones not counted', async () => {
  const history = new History({ operations: [operation('insert'), operation('insert', 'fail')] })
  const { seen, done } = opening(acknowledged(history, 3, budgetMs))
  history.operations.push(operation('read'), operation('insert', 'info'))
  await someTurns()
  expect(seen.opened).toBe(0)
  history.operations.push(operation('insert'))
  expect(await done).toBe(1)
})

test('acknowledged operations are counted of one kind, if one is named', async () => {
  const history = new History({ operations: [operation('read'), operation('read'), operation('insert')] })
  const { seen, done } = opening(acknowledged(history, 2, budgetMs, 'insert'))
  await someTurns()
  expect(seen.opened).toBe(0)
  history.operations.push(operation('insert'))
  expect(await done).toBe(1)
})

test('a fault opens once a link has carried so many bytes more, whatever it carried before', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  near.write('0123456789')
  await far.reads('0123456789')
  const { seen, done } = opening(carried(bed.network.link('n1', 'n2'), 10, budgetMs))
  far.write('the other way does not count')
  near.write('abcde')
  await far.reads('0123456789abcde')
  await someTurns()
  expect(seen.opened).toBe(0)
  near.write('fghij')
  expect(await done).toBe(1)
})

function loggingNode() {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-trigger-'))
  const path = join(folder, 'n1.1.log')
  writeFileSync(path, 'starting\n')
  const log = new NodeLog('n1')
  log.open(path)
  onTestFinished(() => {
    log.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { node: { log } as Node, path }
}

test('a fault opens once the node has logged such a line', async () => {
  const { node, path } = loggingNode()
  const { seen, done } = opening(logged(node, /^compaction \d+ begins/, budgetMs))
  appendFileSync(path, 'compaction is due\n')
  await someTurns()
  expect(seen.opened).toBe(0)
  appendFileSync(path, 'compaction 7 begins\n')
  expect(await done).toBe(1)
})

test('a fault opens after so long', async () => {
  const startedAt = nowMs()
  expect(await openWhen(afterMs(20), async () => 'open')).toBe('open')
  expect(nowMs() - startedAt).toBeGreaterThanOrEqual(19)
})

test('a trigger that does not come says what it waited for, and the fault stays shut', async () => {
  await using bed = await NetworkBed.open()
  const { node } = loggingNode()
  const limit = budget('trigger', 15, 'ms', 'a test')
  const triggers: [Trigger, RegExp][] = [
    [
      acknowledged(new History({ operations: [operation('read')] }), 5, limit),
      /for 5 acknowledged operations; last reading: 1,/,
    ],
    [acknowledged(new History(), 5, limit, 'insert'), /for 5 acknowledged insert; last reading: 0,/],
    [carried(bed.network.link('n1', 'n2'), 64, limit), /for 64 bytes from n1 to n2; last reading: 0,/],
    [logged(node, 'ready', limit), /for a log line with "ready"; .*the last line is: starting/],
  ]
  for (const [trigger, message] of triggers) {
    const { seen, done } = opening(trigger)
    await expect(done).rejects.toThrow(message)
    await expect(done).rejects.toMatchObject({ code: 'BUDGET_SPENT' })
    expect(seen.opened).toBe(0)
  }
})
