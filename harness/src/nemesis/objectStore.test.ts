import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { awaitReading } from '../base/awaitReading.ts'
import { nowMs } from '../base/clock.ts'
import { failObjectStore, objectStoreOutage } from './objectStore.ts'
import { ObjectStoreBed } from './objectStoreBed.ts'

const body = randomBytes(2_000_000)

async function statuses(bed: ObjectStoreBed, count: number, path = '/b/k'): Promise<(number | undefined)[]> {
  const seen: (number | undefined)[] = []
  for (let index = 0; index < count; index++) seen.push((await bed.call('GET', path)).status)
  return seen
}

test('without a rule everything passes, with the Host that the client named', async () => {
  await using bed = await ObjectStoreBed.open()
  expect(await bed.call('PUT', '/b/k', body)).toMatchObject({ status: 200 })
  const seen = await bed.call('GET', '/b/k')
  expect(seen.bytes.equals(body)).toBe(true)
  expect(await bed.call('HEAD', '/b/k')).toMatchObject({ status: 200 })
  expect(await bed.call('GET', '/b/none')).toMatchObject({ status: 404 })
  expect([...bed.hosts]).toEqual([new URL(bed.door.endpoint).host])
  expect(bed.door.callsForwarded).toBe(4)
})

test('a refusal meets only the operations and keys that it is aimed at, and never the store', async () => {
  await using bed = await ObjectStoreBed.open()
  await using fault = failObjectStore(bed.door, {
    effect: { type: 'slowDown' },
    operations: ['PutObject'],
    key: 'log/',
  })
  const refused = await bed.call('PUT', '/b/log/1', body)
  expect(refused.status).toBe(503)
  expect(refused.bytes.toString()).toContain('<Code>SlowDown</Code>')
  expect(await bed.call('PUT', '/b/data/1', body)).toMatchObject({ status: 200 })
  expect(await bed.call('GET', '/b/log/1')).toMatchObject({ status: 404 })
  expect([...bed.objects.keys()]).toEqual(['/b/data/1'])
  expect(fault.counts()).toEqual({ callsMatched: 1, requestsRefused: 1 })
  expect(fault.effects()).toBe(1)
  await fault.heal()
  expect(await bed.call('PUT', '/b/log/1', body)).toMatchObject({ status: 200 })
})

test('a pattern of keys, every third call and a limit choose which calls fail', async () => {
  await using bed = await ObjectStoreBed.open()
  bed.objects.set('/b/seg-1', Buffer.from('x'))
  const rule = { effect: { type: 'internalError' }, key: /^seg-\d+$/, every: 3, limit: 2 } as const
  await using fault = failObjectStore(bed.door, rule)
  expect(await statuses(bed, 10, '/b/seg-1')).toEqual([200, 200, 500, 200, 200, 500, 200, 200, 200, 200])
  expect(fault.counts()).toEqual({ callsMatched: 10, requestsRefused: 2 })
})

test('a probability draws the same calls for the same seed', async () => {
  const draw = async (seed: number) => {
    await using bed = await ObjectStoreBed.open(seed)
    bed.objects.set('/b/k', Buffer.from('x'))
    await using _fault = failObjectStore(bed.door, { effect: { type: 'slowDown' }, probability: 0.3 })
    return await statuses(bed, 60)
  }
  const first = await draw(7)
  expect(await draw(7)).toEqual(first)
  expect(await draw(8)).not.toEqual(first)
  const refused = first.filter((status) => status === 503).length
  expect(refused).toBeGreaterThan(5)
  expect(refused).toBeLessThan(35)
})

test('a lost answer leaves the deed done and the client without news of it', async () => {
  await using bed = await ObjectStoreBed.open()
  await using fault = failObjectStore(bed.door, { effect: { type: 'loseAnswer' }, operations: ['PutObject'] })
  expect(await bed.call('PUT', '/b/k', body)).toMatchObject({ status: undefined, errorCode: 'ECONNRESET' })
  expect(bed.objects.get('/b/k')?.equals(body)).toBe(true)
  expect(fault.counts()).toEqual({ callsMatched: 1, answersLost: 1 })
})

test('an upload that is cut in the middle never becomes an object', async () => {
  await using bed = await ObjectStoreBed.open()
  await using fault = failObjectStore(bed.door, { effect: { type: 'cut' }, operations: ['PutObject'] })
  const seen = await bed.call('PUT', '/b/k', body)
  expect(seen.status).toBeUndefined()
  expect(['ECONNRESET', 'EPIPE']).toContain(seen.errorCode)
  expect(await bed.call('PUT', '/b/tiny', Buffer.from('x'))).toMatchObject({ status: undefined })
  expect(bed.objects.size).toBe(0)
  expect(fault.counts()).toEqual({ callsMatched: 2, requestsCut: 2 })
})

test('an answer that is cut breaks off within its body', async () => {
  await using bed = await ObjectStoreBed.open()
  bed.objects.set('/b/k', body)
  await using fault = failObjectStore(bed.door, { effect: { type: 'cut', afterBytes: 1_000 } })
  const seen = await bed.call('GET', '/b/k')
  expect(seen).toMatchObject({ status: 200, errorCode: 'ECONNRESET' })
  expect(seen.bytes.length).toBeLessThanOrEqual(1_000)
  expect(seen.bytes.equals(body.subarray(0, seen.bytes.length))).toBe(true)
  expect(fault.counts()).toEqual({ callsMatched: 1, answersCut: 1 })
})

test('a timeout swallows the request and holds its connection; a client that gives up frees it, a heal resets it', async () => {
  await using bed = await ObjectStoreBed.open()
  await using fault = failObjectStore(bed.door, { effect: { type: 'timeout' } })
  const impatient = new AbortController()
  const first = bed.call('PUT', '/b/1', body, impatient.signal)
  const second = bed.call('PUT', '/b/2', body)
  await awaitReading({
    what: 'both requests to be swallowed',
    budget: 5_000,
    probe: () => fault.counts().requestsSwallowed,
    until: (count) => count === 2,
  })
  impatient.abort()
  expect(await first).toMatchObject({ status: undefined, errorCode: 'ABORT_ERR' })
  await fault.heal()
  expect(await second).toMatchObject({ status: undefined, errorCode: 'ECONNRESET' })
  expect(bed.objects.size).toBe(0)
  expect(bed.door.callsForwarded).toBe(0)
})

test('slow reads come at the rate of the rule, all together, whole, and at full speed once healed', async () => {
  await using bed = await ObjectStoreBed.open()
  const small = body.subarray(0, 60_000)
  bed.objects.set('/b/small', small)
  bed.objects.set('/b/large', body)
  await using fault = failObjectStore(bed.door, { effect: { type: 'slowRead', bytesPerSecond: 200_000 } })
  const startedMs = nowMs()
  const both = await Promise.all([bed.call('GET', '/b/small'), bed.call('GET', '/b/small')])
  const tookMs = nowMs() - startedMs
  for (const { bytes } of both) expect(bytes.equals(small)).toBe(true)
  // 120,000 bytes less the 10,000 that an idle bucket has saved up.
  expect(tookMs).toBeGreaterThan(450)
  expect(fault.counts()).toEqual({ callsMatched: 2, bytesSlowed: 120_000 })
  const large = bed.call('GET', '/b/large')
  await awaitReading({
    what: 'the large answer to begin',
    budget: 5_000,
    probe: () => fault.counts().bytesSlowed ?? 0,
    until: (count) => count > 120_000,
  })
  const healedMs = nowMs()
  await fault.heal()
  expect((await large).bytes.equals(body)).toBe(true)
  expect(nowMs() - healedMs).toBeLessThan(5_000)
})

test('an outage resets the connections there are and those that come, until healed', async () => {
  await using bed = await ObjectStoreBed.open()
  bed.objects.set('/b/k', body)
  expect(await bed.call('GET', '/b/k')).toMatchObject({ status: 200 })
  const outage = objectStoreOutage(bed.door)
  for (let count = 0; count < 3; count++) {
    expect(await bed.call('GET', '/b/k')).toMatchObject({ status: undefined, errorCode: 'ECONNRESET' })
  }
  await outage.heal()
  expect(await bed.call('GET', '/b/k')).toMatchObject({ status: 200 })
  expect(outage.counts()).toEqual({ connectionsReset: 3 })
})

test('a silent outage answers nothing, also to what was under way, and lets nothing through', async () => {
  await using bed = await ObjectStoreBed.open()
  bed.objects.set('/b/k', body)
  await using slow = failObjectStore(bed.door, { effect: { type: 'slowRead', bytesPerSecond: 100_000 } })
  const underWay = bed.call('GET', '/b/k')
  await slow.tookEffect()
  const outage = objectStoreOutage(bed.door, { how: 'silence' })
  expect(outage.counts()).toEqual({ requestsSilenced: 1 })
  await slow.heal()
  const later = bed.call('PUT', '/b/later', body)
  await awaitReading({
    what: 'the later request to fall silent',
    budget: 5_000,
    probe: () => outage.counts().requestsSilenced,
    until: (count) => count === 2,
  })
  await outage.heal()
  expect(await underWay).toMatchObject({ errorCode: 'ECONNRESET' })
  expect(await later).toMatchObject({ status: undefined, errorCode: 'ECONNRESET' })
  expect(bed.objects.has('/b/later')).toBe(false)
  expect(await bed.call('GET', '/b/k')).toMatchObject({ status: 200 })
})

test('numbers that cannot be meant are refused when the fault is opened', async () => {
  await using bed = await ObjectStoreBed.open()
  const effect = { type: 'slowDown' } as const
  expect(() => failObjectStore(bed.door, { effect, every: 0 })).toThrow('every must be 1 or more')
  expect(() => failObjectStore(bed.door, { effect, probability: 1.5 })).toThrow('probability must be above 0')
  expect(() => failObjectStore(bed.door, { effect, limit: 0 })).toThrow('limit must be 1 or more')
  expect(() => failObjectStore(bed.door, { effect: { type: 'slowRead', bytesPerSecond: 0 } })).toThrow('above 0')
})

test('a store that is gone looks gone through the door', async () => {
  await using bed = await ObjectStoreBed.open()
  await bed.stopStore()
  expect(await bed.call('GET', '/b/k')).toMatchObject({ status: undefined, errorCode: 'ECONNRESET' })
})
