import { expect, test } from 'vitest'
import { latencyBudget } from '../base/latencyBudget.ts'
import { Seed } from '../base/seed.ts'
import { bursts, constant, poisson } from './arrivals.ts'
import { type LoadOptions, runLoad } from './load.ts'
import type { Scenario, User } from './scenario.ts'
import type { EndedOperation } from './scenarioRuns.ts'

const seed = new Seed(71)
const bound = latencyBudget('answer', 50, 'this test')

function load(options: Partial<LoadOptions> & Pick<LoadOptions, 'scenarios'>) {
  return runLoad({
    name: 'load',
    seed,
    windows: 1,
    repeats: 0,
    loop: { arrivals: constant(1_000) },
    windowMs: 400,
    ...options,
  })
}

/** A system that stands still from its nth call until `until` runs have begun: by count, so that no machine is too slow for it. */
function stallingSystem(from: number, until: number): { run: (user: User) => Promise<void>; begun: () => number } {
  let begun = 0
  const released = Promise.withResolvers<void>()
  return {
    begun: () => begun,
    run: async () => {
      const mine = ++begun
      if (begun >= until) released.resolve()
      if (mine >= from) await released.promise
    },
  }
}

const atOnce: Scenario = { name: 'atOnce', run: async () => {} }

test('an open loop shows a stall in the latencies of everything that was due meanwhile', async () => {
  const system = stallingSystem(50, 300)
  const result = await load({ scenarios: [{ name: 'call', run: system.run }], budgets: [bound] })
  expect(result.total().runs).toBe(400)
  expect(result.runs.at(-1)?.tallies.of('call').latency.maxMs).toBeGreaterThan(245)
  expect(result.windows.at(-1)?.above(50)).toBeGreaterThan(190)
})

test('a closed loop of one user hides the same stall in a single operation', async () => {
  const system = stallingSystem(50, 51)
  setTimeout(() => void system.run({} as User), 250)
  const result = await load({
    scenarios: [{ name: 'call', run: system.run }],
    loop: { users: 1 },
    budgets: [bound],
    mostRuns: 400,
  })
  expect(result.windows.at(-1)?.above(50)).toBe(1)
})

/** Each run takes so long; how many were under way at the same time. */
function counting(ms: number): { scenario: Scenario; seen: { most: number } } {
  const seen = { most: 0 }
  let underWay = 0
  const run = async () => {
    seen.most = Math.max(seen.most, ++underWay)
    await new Promise((resolve) => setTimeout(resolve, ms))
    underWay--
  }
  return { scenario: { name: 'call', run }, seen }
}

test('an open loop never has more under way than allowed, and waiting counts', async () => {
  const { scenario, seen } = counting(20)
  const result = await load({ scenarios: [scenario], windowMs: 100, mostUnderWay: 5, budgets: [bound] })
  expect(seen.most).toBe(5)
  expect(result.total().runs).toBe(100)
  expect(result.total().maxMs).toBeGreaterThan(250)
})

test('what waits longer than an answer may take has failed and was never sent', async () => {
  let sent = 0
  const hangs: Scenario = { name: 'call', run: (user) => user.step('ask', () => new Promise(() => sent++)) }
  const result = await load({ scenarios: [hangs], windowMs: 50, mostUnderWay: 3, timeoutMs: 100 })
  const [whole] = result.figures()
  expect(whole).toMatchObject({ class: 'call', runs: 50, failRatio: 1 })
  expect(whole!.reasons.timeout).toBe(sent)
  expect(whole!.reasons['never sent']).toBe(50 - sent)
})

test('a step that hangs ends as unknown at the time it took, and so does its run', async () => {
  const hangs: Scenario = { name: 'call', run: (user) => user.step('ask', () => new Promise(() => {})) }
  const result = await load({ scenarios: [hangs], windowMs: 50, mostRuns: 10, timeoutMs: 80 })
  for (const figures of result.figures()) {
    expect(figures).toMatchObject({ runs: 10, infoCount: 10, failCount: 0, reasons: { timeout: 10 } })
    expect(figures.p50Ms).toBeGreaterThanOrEqual(80)
  }
})

test('a run that hangs between its steps does not hold up the end', async () => {
  const hangs: Scenario = { name: 'call', run: () => new Promise(() => {}) }
  for (const loop of [{ users: 2 }, { arrivals: constant(100) }]) {
    const result = await load({ scenarios: [hangs], loop, windowMs: 30, timeoutMs: 40 })
    expect(result.total().infoCount).toBe(result.total().runs)
    expect(result.total().runs).toBeGreaterThan(0)
  }
})

test('a run that was given up goes no further, also when it retries for ever', async () => {
  let calls = 0
  const stubborn: Scenario = {
    name: 'call',
    run: async (user) => {
      for (;;) await user.step('ask', () => new Promise(() => calls++)).catch(() => {})
    },
  }
  await load({ scenarios: [stubborn], mostRuns: 1, windowMs: 20, timeoutMs: 50 })
  const whenOver = calls
  // Another load of as long gives the one that was given up its chance to go on.
  await load({ scenarios: [counting(1).scenario], mostRuns: 50, windowMs: 120 })
  expect(whenOver).toBeGreaterThan(0)
  expect(calls).toBe(whenOver)
})

test('outcomes come with the class of their reason', async () => {
  const endings = [
    undefined,
    Object.assign(new Error('x'), { outcome: 'fail', status: 503 }),
    Object.assign(new Error('x'), { outcome: 'info', status: 504 }),
    Object.assign(new Error('x'), { code: 'ECONNREFUSED', outcome: 'fail' }),
    new Error('wrapped', { cause: Object.assign(new Error('x'), { code: 'ECONNRESET' }) }),
    new TypeError('x'),
  ]
  const scenario: Scenario = {
    name: 'call',
    run: (user) =>
      user.step('ask', async () => {
        const ending = endings[user.number % endings.length]
        if (ending) throw ending
      }),
  }
  const result = await load({ scenarios: [scenario], mostRuns: 60 })
  expect(result.of('call/ask').windows[0]?.failed).toBe(50)
  expect(result.figures().find((each) => each.class === 'call/ask')).toMatchObject({
    runs: 60,
    failCount: 20,
    infoCount: 30,
    reasons: { 'status 503': 10, 'status 504': 10, refused: 10, reset: 10, TypeError: 10 },
  })
})

test('the same seed starts the same scenarios with the same chance, however long they take', async () => {
  const trace = async (delayMs: number) => {
    const seen: string[] = []
    const scenario = (name: string, weight: number): Scenario => ({
      name,
      weight,
      run: async (user) => {
        if (user.number % 3 === 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
        seen.push(`${user.number} ${name} ${user.random.integer(0, 1e6)}`)
      },
    })
    await load({
      scenarios: [scenario('read', 3), scenario('write', 1)],
      loop: { arrivals: poisson(2_000) },
      windowMs: 100,
    })
    return seen.sort()
  }
  const quick = await trace(0)
  expect(quick.length).toBeGreaterThan(100)
  expect(await trace(15)).toEqual(quick)
})

test('scenarios are drawn by their weight', async () => {
  const scenarios = [
    { ...atOnce, name: 'often', weight: 9 },
    { ...atOnce, name: 'rare', weight: 1 },
  ]
  const result = await load({ scenarios, loop: { users: 4 }, mostRuns: 4_000, windowMs: 20_000 })
  const share = result.of('rare').windows[0]!.count / 4_000
  expect(share).toBeGreaterThan(0.07)
  expect(share).toBeLessThan(0.13)
})

test('each operation carries its intended start, start and end', async () => {
  const operations: EndedOperation[] = []
  const scenario: Scenario = {
    name: 'visit',
    run: async (user) => {
      await user.step('ask', async () => {})
      await user.step('answer', async () => {})
    },
  }
  await load({
    scenarios: [scenario],
    loop: { arrivals: bursts({ size: 5, everyMs: 20 }) },
    windowMs: 50,
    onOperation: (each) => operations.push(each),
  })
  expect(operations).toHaveLength(15 * 3)
  for (const run of operations.filter(({ step }) => step === undefined)) {
    const [ask, answer] = ['ask', 'answer'].map(
      (step) => operations.find((each) => each.step === step && each.number === run.number)!,
    )
    expect(ask!.intendedAtMs).toBe(run.intendedAtMs)
    expect(answer!.intendedAtMs).toBe(answer!.startedAtMs)
    expect(answer!.startedAtMs).toBeGreaterThanOrEqual(ask!.endedAtMs)
    expect(run.endedAtMs).toBeGreaterThanOrEqual(answer!.endedAtMs)
  }
})

test('a closed loop has as many under way as it has users', async () => {
  const { scenario, seen } = counting(1)
  const result = await load({ scenarios: [scenario], loop: { users: 7, thinkMs: 1 }, mostRuns: 70, windowMs: 20_000 })
  expect(seen.most).toBe(7)
  expect(result.total().runs).toBe(70)
})

test('a window in which the host stood still is repeated twice, then left void with the reading', async () => {
  const asked: number[] = []
  const host = {
    between: () => ({ longestStallMs: asked.push(1) === 2 ? 0 : 80, readingCount: 9, load: 'run queue 7' }),
  }
  const result = await load({
    scenarios: [atOnce],
    windows: 2,
    repeats: 2,
    windowMs: 20,
    host,
    loop: { users: 1, thinkMs: 1 },
  })
  expect(
    result.runs.map(({ window, attempt, voidBecause }) => `${window}.${attempt} ${voidBecause ?? 'sound'}`),
  ).toEqual([
    '1.1 the host stood still for 80 ms, 50 ms are harmless (run queue 7)',
    '1.2 sound',
    '2.1 the host stood still for 80 ms, 50 ms are harmless (run queue 7)',
    '2.2 the host stood still for 80 ms, 50 ms are harmless (run queue 7)',
    '2.3 the host stood still for 80 ms, 50 ms are harmless (run queue 7)',
  ])
})

test('a generator that fills its core says so', async () => {
  const busy: Scenario = {
    name: 'busy',
    run: async () => {
      const until = process.threadCpuUsage().user + 3_000
      while (process.threadCpuUsage().user < until);
    },
  }
  const result = await load({ scenarios: [busy], windowMs: 60, loop: { arrivals: constant(2_000) }, mostRuns: 60 })
  expect(result.generator().saturated).toBe(true)
  expect(result.runs.at(-1)?.voidBecause).toMatch(/^the generator is saturated: /)
})

test('a load that is told to stop stops, and counts what is under way as unknown', async () => {
  const over = new AbortController()
  const hangs: Scenario = {
    name: 'call',
    run: (user) => user.step('ask', () => new Promise(() => user.number === 20 && over.abort())),
  }
  const result = await load({ scenarios: [hangs], windowMs: 60_000, signal: over.signal, windows: 3 })
  expect(result.runs).toHaveLength(1)
  expect(result.total().reasons).toEqual({ timeout: result.total().runs })
  expect(result.total().runs).toBeLessThan(1_000)
})

test('a mix needs scenarios with names of their own and weights above 0', async () => {
  await expect(load({ scenarios: [] })).rejects.toThrow('at least one scenario')
  await expect(load({ scenarios: [atOnce, atOnce] })).rejects.toThrow('a name of its own')
  await expect(load({ scenarios: [{ ...atOnce, weight: 0 }] })).rejects.toThrow('the weight of atOnce must be above 0')
})
