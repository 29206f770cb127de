import { expect, test } from 'vitest'
import { GuardBed } from './guardBed.ts'

test('a killed node is gone, and healing starts its next incarnation and waits until it serves', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.start(1)
  const [node] = cluster.nodes
  const fault = await cluster.kill(node)
  expect(node.life.exit).toMatchObject({ signal: 'SIGKILL', asked: true })
  expect([fault.counts(), fault.effects(), fault.healedAtMs]).toEqual([{ killed: 1 }, 1, undefined])
  await fault.heal()
  expect(await node.client.call('/')).toBe(200)
  expect([node.incarnation, node.running]).toEqual([2, true])
  expect(fault.healedAtMs).toBeGreaterThanOrEqual(node.lives[0]?.exit?.atMs as number)
})

test('a kill is healed by whoever starts the node, and not started a third time for it', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.start(1)
  const [node] = cluster.nodes
  {
    await using fault = await cluster.kill(node)
    await node.start()
    await fault.healed
    expect(fault.healedAtMs).toBeGreaterThan(0)
  }
  expect(node.incarnation).toBe(2)
})

test('a kill of a node that was dead already killed nothing', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.start(1)
  const [node] = cluster.nodes
  await cluster.kill(node)
  const second = await cluster.kill(node)
  expect(second.counts()).toEqual({ killed: 0 })
  await expect(second.tookEffect(5)).rejects.toThrow('[BUDGET_SPENT]')
})

test('a node that does not come back fails the heal of its kill, once and for the one who asked', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.start(1)
  const [node] = cluster.nodes
  node.mayExit()
  node.mayThrow(/EADDRNOTAVAIL/)
  const stray: unknown[] = []
  const note = (reason: unknown) => stray.push(reason)
  const listeners = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', note)
  try {
    const fault = await cluster.kill(node)
    node.env.ECHO_HOST = '192.0.2.1'
    await expect(fault.heal()).rejects.toThrow(/n1 ended with exit code 1 before it was ready.*\[NODE_EXITED\]$/)
    await new Promise(setImmediate)
    expect(stray).toEqual([])
  } finally {
    process.off('unhandledRejection', note)
    for (const listener of listeners) process.on('unhandledRejection', listener)
  }
})

test('a paused node does not answer, and answers what it was asked meanwhile once it runs on', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.start(2)
  const [paused, other] = cluster.nodes
  const fault = await cluster.pause(paused)
  let answered = false
  const answer = paused.client.call('/').finally(() => {
    answered = true
  })
  // A node that ran would have answered long before the other has answered so often.
  for (let turn = 0; turn < 30; turn++) expect(await other.client.call('/')).toBe(200)
  expect(answered).toBe(false)
  await fault.tookEffect()
  await fault.heal()
  expect(await answer).toBe(200)
  const { pausedMs } = fault.counts()
  expect(pausedMs).toBeGreaterThan(0)
  expect(fault.counts()).toEqual({ pausedMs })
})

test('a pause whose node was killed meanwhile heals without a word', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.start(1)
  const [node] = cluster.nodes
  const pause = await cluster.pause(node)
  await cluster.kill(node)
  await pause.heal()
  expect(pause.healedAtMs).toBeGreaterThan(0)
  await expect(cluster.pause(node)).rejects.toThrow(/n1\.1 cannot be paused: it has ended.*\[NODE_EXITED\]$/)
})
