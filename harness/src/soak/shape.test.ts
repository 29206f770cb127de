import { describe, expect, test } from 'vitest'
import { Seed } from '../base/seed.ts'
import { MiB } from '../base/units.ts'
import type { NodeReading } from './nodeReading.ts'
import { type CalmStretch, judgeErrors, judgeGaps, judgeHandles, judgeMemory, judgeThroughput } from './shape.ts'

const minute = 60_000
const warmUpMs = 3 * minute

interface Shape {
  minutes?: number
  bytesAt?: (atMs: number) => number
  handlesAt?: (atMs: number) => number
  noiseBytes?: number
  seed?: number
  life?: string
}

/** A node that was read each 5 s. */
function readings({
  minutes = 10,
  bytesAt = () => 30 * MiB,
  handlesAt = () => 40,
  noiseBytes = MiB,
  seed = 1,
  life = '1.n1.1',
}: Shape = {}) {
  const random = new Seed(seed).stream('noise')
  let drift = 0
  return Array.from({ length: minutes * 12 }, (_, at): NodeReading => {
    const atMs = at * 5_000
    drift = 0.6 * drift + 0.4 * (random.fraction() - 0.5) * 2
    const bytes = bytesAt(atMs) + drift * noiseBytes
    return {
      atMs,
      node: life.split('.')[1] ?? '',
      life,
      ageMs: atMs,
      rssBytes: bytes + 60 * MiB,
      rssAnonBytes: bytes + 30 * MiB,
      retainedBytes: bytes,
      handleCount: Math.round(handlesAt(atMs) + random.integer(0, 4)),
      socketCount: 20,
      calm: at % 3 !== 0,
    }
  })
}

const perHour = (bytes: number) => (atMs: number) => 30 * MiB + (bytes * atMs) / 3_600_000
const verdictsOf = (shape: Shape) => judgeMemory(readings(shape), warmUpMs).map(({ verdict }) => verdict)

describe('memory', () => {
  test('that is flat with noise is fine', () => {
    expect(verdictsOf({})).toEqual(['valid', 'valid'])
  })

  test('that leaks 300 MiB an hour is a leak, found within ten minutes', () => {
    const [leak, growth] = judgeMemory(readings({ bytesAt: perHour(300 * MiB) }), warmUpMs)
    expect([leak?.verdict, growth?.verdict]).toEqual(['invalid', 'invalid'])
    expect(leak?.found).toMatch(/n1 memory kept after a collection \+(29\d|30\d)\.\d MiB an hour/)
  })

  test('that leaks too little for the time it was watched is not judged, and a longer look tells', () => {
    expect(verdictsOf({ bytesAt: perHour(110 * MiB), noiseBytes: 6 * MiB })[0]).toBe('unknown')
    expect(verdictsOf({ bytesAt: perHour(130 * MiB), noiseBytes: 6 * MiB, minutes: 240 })[0]).toBe('invalid')
    expect(verdictsOf({ bytesAt: perHour(20 * MiB), noiseBytes: 6 * MiB, minutes: 240 })).toEqual(['valid', 'invalid'])
  })

  test('that rose in one step is no leak', () => {
    const step = { bytesAt: (atMs: number) => (atMs < 6.5 * minute ? 30 : 60) * MiB }
    expect(verdictsOf(step)).toEqual(['unknown', 'unknown'])
  })

  test('that goes up and down is neither red, nor green before it has been seen for long', () => {
    const teeth = { bytesAt: (atMs: number) => (30 + ((atMs % (4 * minute)) / minute) * 10) * MiB }
    expect(verdictsOf(teeth)[0]).toBe('unknown')
    expect(verdictsOf({ ...teeth, minutes: 240 })[0]).toBe('valid')
  })

  test('of a process that was young is not judged', () => {
    expect(verdictsOf({ minutes: 3 })).toEqual(['unknown', 'unknown'])
    const [leak] = judgeMemory(readings({ minutes: 3 }), warmUpMs)
    expect(leak?.found).toContain('no node lived long enough')
  })

  test('is red by chance less than once in a hundred soaks, whatever the seed', () => {
    const red = Array.from({ length: 400 }, (_, seed) =>
      verdictsOf({ seed, noiseBytes: 10 * MiB, bytesAt: perHour(60 * MiB) }),
    )
    expect(red.filter(([leak]) => leak === 'invalid').length).toBeLessThanOrEqual(4)
    const flat = Array.from({ length: 400 }, (_, seed) => verdictsOf({ seed, noiseBytes: 10 * MiB }))
    expect(flat.filter((verdicts) => verdicts.includes('invalid')).length).toBeLessThanOrEqual(4)
  })

  test('of several nodes: one that leaks is enough', () => {
    const all = [...readings(), ...readings({ life: '1.n2.3', bytesAt: perHour(400 * MiB) })]
    expect(judgeMemory(all, warmUpMs)[0]).toMatchObject({ verdict: 'invalid', witness: { nodesJudged: 2 } })
  })
})

describe('handles', () => {
  test('that stay are fine, those that are left open are found', () => {
    expect(judgeHandles(readings(), warmUpMs).verdict).toBe('valid')
    const leaking = readings({ handlesAt: (atMs) => 40 + atMs / 3_000 })
    expect(judgeHandles(leaking, warmUpMs)).toMatchObject({ verdict: 'invalid' })
    const pool = readings({ handlesAt: (atMs) => (atMs < 6 * minute ? 40 : 110) })
    expect(judgeHandles(pool, warmUpMs).verdict).toBe('unknown')
  })
})

const stretch = (window: number, over: Partial<CalmStretch> = {}): CalmStretch => ({
  window,
  durationMs: 10_000,
  acknowledged: 2_000,
  failed: 0,
  latencyP50Ms: 2,
  latencyP99Ms: 9,
  longestGapMs: 40,
  hostStallMs: 12,
  foreignCpuRatio: 0.05,
  missed: 0,
  offered: 2_000,
  served: 2_000,
  ...over,
})
const stretches = (count: number, over: (window: number) => Partial<CalmStretch> = () => ({})) =>
  Array.from({ length: count }, (_, at) => stretch(at + 1, over(at + 1)))

describe('calm stretches', () => {
  test('errors: none in 30 000 is fine, a few are too few to tell, many are too many', () => {
    expect(judgeErrors(stretches(15)).verdict).toBe('valid')
    expect(judgeErrors(stretches(10)).verdict).toBe('unknown')
    expect(judgeErrors(stretches(15, (window) => ({ failed: window === 3 ? 2 : 0 }))).verdict).toBe('unknown')
    expect(judgeErrors(stretches(15, () => ({ failed: 1 }))).verdict).toBe('invalid')
    expect(judgeErrors([]).verdict).toBe('unknown')
  })

  test('throughput: all that is offered is fine, a third less in every other window is not', () => {
    const random = new Seed(3).stream('rate')
    const steady = stretches(20, () => ({ served: 2_000 - random.integer(0, 40) }))
    expect(judgeThroughput(steady).verdict).toBe('valid')
    expect(judgeThroughput(stretches(20, (at) => ({ served: at % 2 ? 2_000 : 1_400 }))).verdict).toBe('invalid')
    expect(judgeThroughput(stretches(5)).verdict).toBe('unknown')
    expect(judgeThroughput(stretches(20, () => ({ offered: 0, served: 0 }))).verdict).toBe('unknown')
  })

  test('throughput: a rate that follows what is offered is no finding, whatever it is', () => {
    const uneven = stretches(20, (at) => ({ offered: at * 100, served: at * 100, acknowledged: at * 100 }))
    expect(judgeThroughput(uneven).verdict).toBe('valid')
  })

  test('a busy machine voids nothing: what was served in spite of it stands', () => {
    const busy = stretches(19, () => ({ hostStallMs: 900, foreignCpuRatio: 0.6 }))
    expect(judgeThroughput(busy)).toMatchObject({
      verdict: 'valid',
      found: expect.stringContaining('others had up to 60 % of the machine and it stalled for up to 900 ms'),
    })
    expect(judgeGaps(busy).verdict).toBe('valid')
    expect(judgeErrors(busy).verdict).toBe('valid')
  })

  test("a busy machine: what was slow is nobody's fault as far as the host explains it, and a finding beyond that", () => {
    const slow = stretches(20, () => ({ served: 1_600, foreignCpuRatio: 0.4, longestGapMs: 2_600 }))
    expect(judgeThroughput(slow).verdict).toBe('unknown')
    expect(judgeGaps(slow).verdict).toBe('unknown')
    const slower = stretches(20, () => ({ served: 800, foreignCpuRatio: 0.4, longestGapMs: 9_000 }))
    expect(judgeThroughput(slower).verdict).toBe('invalid')
    expect(judgeGaps(slower).verdict).toBe('invalid')
    expect(judgeThroughput(stretches(20, () => ({ served: 1_000, hostStallMs: undefined }))).verdict).toBe('unknown')
  })

  test('errors count on a busy machine as on any other', () => {
    const failing = stretches(20, (at) => (at % 2 ? {} : { failed: 30, hostStallMs: 900, foreignCpuRatio: 0.6 }))
    expect(judgeErrors(failing).verdict).toBe('invalid')
  })

  test('throughput: red by chance less than once in a hundred soaks, at the limit itself', () => {
    const red = Array.from({ length: 300 }, (_, seed) => {
      const random = new Seed(seed).stream('rate')
      return judgeThroughput(stretches(12, () => ({ served: 1_900 + random.integer(-90, 90) })))
    })
    expect(red.filter(({ verdict }) => verdict === 'invalid').length).toBeLessThanOrEqual(3)
  })

  test('gaps: one that is too long is red, unless the host stalled', () => {
    expect(judgeGaps(stretches(3)).verdict).toBe('valid')
    expect(judgeGaps([...stretches(3), stretch(4, { longestGapMs: 2_400 })])).toMatchObject({
      verdict: 'invalid',
      found: expect.stringContaining('window 4'),
    })
    expect(judgeGaps([...stretches(3), stretch(4, { longestGapMs: 2_400, hostStallMs: 800 })])).toMatchObject({
      verdict: 'valid',
      found: expect.stringContaining('1 of 4 calm stretches had a longer one, which the host may have made'),
    })
    expect(judgeGaps([]).verdict).toBe('unknown')
  })
})
