import { expect, test } from 'vitest'
import { awaited, NetworkBed, stalled } from './networkBed.ts'

test('a black hole swallows bytes without a word, and heals by a reset', async () => {
  await using bed = await NetworkBed.open()
  const lossy = await bed.connect()
  const idle = await bed.connect()
  const link = bed.network.link('n1', 'n2')
  const drop = link.impose({ type: 'drop' })
  lossy.near.write('gone')
  await awaited(
    '4 bytes dropped',
    () => drop.counts().bytesDropped,
    (count) => count === 4,
  )
  const dialled = await bed.dial('n2', 'n1')
  await awaited(
    'the dial counted',
    () => drop.counts().connectionsDropped,
    (count) => count === 1,
  )
  lossy.far.write('the other way goes on')
  await lossy.near.reads('the other way goes on')
  expect(bed.acceptedBy('n2')).toHaveLength(2)
  expect(lossy.near.isClosed || dialled.isClosed).toBe(false)
  drop.lift()
  await lossy.near.closes()
  await lossy.far.closes()
  expect([lossy.near.errorCode, lossy.far.errorCode]).toEqual(['ECONNRESET', 'ECONNRESET'])
  expect(lossy.far.byteCount).toBe(0)
  idle.near.write('lost nothing')
  await idle.far.reads('lost nothing')
  expect(drop.counts()).toEqual({ bytesDropped: 4, connectionsDropped: 1, closesDropped: 0, connectionsReset: 1 })
})

test('a black hole swallows bytes that a hold had kept before it, and what a stuck reader left behind', async () => {
  await using bed = await NetworkBed.open()
  const kept = await bed.connect()
  const stuck = await bed.connect()
  const link = bed.network.link('n1', 'n2')
  stuck.far.socket.pause()
  stuck.near.write(Buffer.alloc(30_000_000))
  await stalled('the reader of n2', () => link.bytesPassed)
  const hold = link.impose({ type: 'hold' })
  kept.near.write('kept')
  await awaited(
    'the bytes held',
    () => hold.counts().bytesHeld,
    (count) => (count ?? 0) > 4,
  )
  const drop = link.impose({ type: 'drop' })
  await awaited(
    'all of it dropped',
    () => drop.counts().bytesDropped,
    (count) => (count ?? 0) > 10_000_000,
  )
  hold.lift()
  drop.lift()
  await kept.far.closes()
  stuck.far.socket.resume()
  await stuck.far.closes()
  expect([kept.far.errorCode, stuck.far.errorCode]).toEqual(['ECONNRESET', 'ECONNRESET'])
  expect(kept.far.byteCount).toBe(0)
  expect(drop.counts().connectionsReset).toBe(2)
})

test('a reset breaks open connections from either side and refuses new ones until lifted', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  const back = await bed.dial('n1', 'n2')
  await awaited(
    'n1 to accept',
    () => bed.acceptedBy('n1').length,
    (count) => count === 1,
  )
  const reset = bed.network.link('n1', 'n2').impose({ type: 'reset' })
  for (const end of [near, far, back]) {
    await end.closes()
    expect(end.errorCode).toBe('ECONNRESET')
    expect(end.hasEnded).toBe(false)
  }
  const late = await bed.dial('n2', 'n1')
  await late.closes()
  expect(late.errorCode).toBe('ECONNRESET')
  expect(reset.counts()).toEqual({ connectionsReset: 2, connectionsRefused: 1 })
  expect(bed.network.connectionCount()).toBe(0)
  reset.lift()
  const again = await bed.connect()
  again.near.write('hello')
  await again.far.reads('hello')
})

test('a reset after 100 000 bytes lets exactly so many pass', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  near.write('before')
  await far.reads('before')
  const reset = bed.network.link('n1', 'n2').impose({ type: 'reset', afterBytes: 100_000 })
  expect(near.isClosed).toBe(false)
  near.write(Buffer.alloc(500_000))
  await far.closes()
  await near.closes()
  expect(far.byteCount).toBe(100_006)
  expect([near.errorCode, far.errorCode]).toEqual(['ECONNRESET', 'ECONNRESET'])
  expect(reset.counts().connectionsReset).toBe(1)
})

test('a reset reaches a connection in the very moment in which its FIN is passed on', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  const link = bed.network.link('n1', 'n2')
  const hold = link.impose({ type: 'hold' })
  near.socket.end()
  await awaited(
    'the FIN held',
    () => hold.counts().closesHeld,
    (count) => count === 1,
  )
  hold.lift()
  link.impose({ type: 'reset' })
  await near.closes()
  expect(near.errorCode).toBe('ECONNRESET')
  await awaited('the FIN', () => far.hasEnded || far.isClosed, Boolean)
  // Node reads no further than a FIN, so that only a write meets the reset behind it.
  far.write('anybody there?')
  await far.closes()
  expect(far.errorCode).toMatch(/EPIPE|ECONNRESET/)
  expect(bed.network.connectionCount()).toBe(0)
})

test('silence takes the connections that are open, spares new ones, and ends in a reset', async () => {
  await using bed = await NetworkBed.open()
  const silent = await bed.connect()
  const closing = await bed.connect()
  const link = bed.network.link('n1', 'n2')
  const silence = link.impose({ type: 'silence' })
  expect(silence.counts().connectionsSilenced).toBe(2)
  silent.near.write('unheard')
  closing.near.socket.resetAndDestroy()
  await awaited('both noticed', silence.counts, (now) => now.bytesSilenced === 7 && now.closesSilenced === 1)
  const fresh = await bed.connect()
  fresh.near.write('heard')
  await fresh.far.reads('heard')
  expect(silent.far.byteCount).toBe(0)
  expect(silent.far.isClosed || closing.far.isClosed).toBe(false)
  silence.lift()
  for (const end of [silent.near, silent.far, closing.far]) {
    await end.closes()
    expect(end.errorCode).toBe('ECONNRESET')
  }
  fresh.near.write(' again')
  await fresh.far.reads('heard again')
  expect(silence.counts().connectionsReset).toBe(2)
})

test('a connection that lost bytes says nothing more, and is reset only when no hold keeps the reset back', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  const link = bed.network.link('n1', 'n2')
  const hold = link.impose({ type: 'hold' })
  const drop = link.impose({ type: 'drop' })
  near.write('lost')
  await awaited(
    '4 bytes dropped',
    () => drop.counts().bytesDropped,
    (count) => count === 4,
  )
  drop.lift()
  near.write('after the loss')
  await awaited(
    '14 bytes noticed',
    () => hold.counts().bytesHeld,
    (count) => count === 14,
  )
  expect(link.bytesHeld).toBe(0)
  expect(near.isClosed).toBe(false)
  hold.lift()
  await near.closes()
  await far.closes()
  expect([near.errorCode, far.errorCode]).toEqual(['ECONNRESET', 'ECONNRESET'])
  expect(far.byteCount).toBe(0)
})
