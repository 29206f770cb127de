import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { awaitReading } from '../base/awaitReading.ts'
import { budget } from '../base/budget.ts'
import { HarnessError, Inconclusive } from '../base/errors.ts'
import { openFault } from '../base/fault.ts'
import { latencyBudget } from '../base/latencyBudget.ts'
import { latencySeries } from '../base/latencyReadings.ts'
import { rateBudget } from '../base/rateVerdict.ts'
import { MiB } from '../base/units.ts'
import type { Verdict } from '../check/verdict.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { NodeLog } from '../cluster/nodeLog.ts'
import { MemoryProbe } from '../probe/memory.ts'
import './matchers.ts'

/** What an assertion ends with: undefined where it holds. */
function thrownBy(assertion: () => unknown): Error | undefined {
  try {
    assertion()
    return undefined
  } catch (error) {
    return error as Error
  }
}

/** It is a plain failure, not a missing witness, and says so in these words. */
function fails(assertion: () => unknown, words: string | RegExp): void {
  const error = thrownBy(assertion)
  expect(error).not.toBeInstanceOf(Inconclusive)
  expect(error?.message).toMatch(words)
}

function isInconclusive(assertion: () => unknown, words: string | RegExp): void {
  const error = thrownBy(assertion)
  expect(error).toBeInstanceOf(Inconclusive)
  expect(error?.message).toMatch(words)
}

describe('toStayUnderBytes', () => {
  let target: ChildProcess
  let probe: MemoryProbe

  beforeAll(async () => {
    target = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("up")'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(target.stdout as NodeJS.ReadableStream, 'data')
  })
  afterAll(async () => {
    target.kill('SIGKILL')
    await once(target, 'exit')
  })
  beforeEach(() => {
    probe = new MemoryProbe(target.pid as number, { everyMs: 5 })
  })
  afterEach(() => {
    probe.close()
    vi.useRealTimers()
  })

  async function sampled(): Promise<void> {
    probe.start()
    await awaitReading({
      what: '10 samples',
      budget: 10_000,
      probe: () => probe.samples.length,
      until: (count) => count >= 10,
    })
    probe.stop()
  }

  test('holds below the ceiling and fails above it, with the peak, the bound and its source', async () => {
    await sampled()
    const peakBytes = probe.peakBytes()
    expect(probe).toStayUnderBytes(peakBytes + MiB)
    fails(
      () => expect(probe).toStayUnderBytes(peakBytes),
      /peak memory was .* MiB against a ceiling of .* over 1\d samples/,
    )
    const ceiling = budget('receiver memory', MiB, 'bytes', 'issue 480')
    fails(() => expect(probe).toStayUnderBytes(ceiling), /a ceiling of 1\.0 MiB \(receiver memory: issue 480\)/)
  })

  test('is inconclusive without samples, however low the peak', () => {
    isInconclusive(() => expect(probe).toStayUnderBytes(1_000 * MiB), /Only 0 memory samples.*at least 10/)
    for (let count = 0; count < 9; count++) probe.sample()
    isInconclusive(() => expect(probe).toStayUnderBytes(1_000 * MiB), /Only 9 memory samples/)
    isInconclusive(() => expect(probe).not.toStayUnderBytes(1), /Only 9 memory samples/)
  })

  test('is inconclusive where memory went unsampled for too long', async () => {
    await sampled()
    vi.useFakeTimers({ toFake: ['performance'] })
    probe.start()
    vi.advanceTimersByTime(1_001)
    probe.stop()
    vi.useRealTimers()
    isInconclusive(
      () => expect(probe).toStayUnderBytes(1_000 * MiB),
      /unsampled for 1 001 ms; the most allowed is 1000 ms/,
    )
  })
})

describe('of a log', () => {
  let folder: string
  let log: NodeLog

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'breakwater-matchers-'))
    log = new NodeLog('n1')
  })
  afterEach(() => {
    log.close()
    rmSync(folder, { recursive: true, force: true })
  })

  function incarnation(count: number, content?: string): void {
    const path = join(folder, `n1.${count}.log`)
    if (content !== undefined) writeFileSync(path, content)
    log.open(path)
  }

  const matchers: [string, () => unknown][] = [
    ['toLack', () => expect(log).toLack('ENOENT')],
    ['toContainLine', () => expect(log).toContainLine('ENOENT')],
    ['not.toContainLine', () => expect(log).not.toContainLine('ENOENT')],
  ]

  test.each(matchers)('%s is inconclusive on a log that was never started, is missing or is empty', (_, assertion) => {
    isInconclusive(assertion, 'n1 was never started, so it has no log')
    incarnation(1, 'started\n')
    incarnation(2)
    isInconclusive(assertion, /No byte was read from .*n1\.2\.log/)
    incarnation(3, '')
    writeFileSync(join(folder, 'n1.2.log'), 'started\n')
    isInconclusive(assertion, /No byte was read from .*n1\.3\.log/)
  })

  test('toLack holds on a log that was read, and fails with the line, the count and the file', () => {
    incarnation(1, 'started\n')
    incarnation(2, 'started\n')
    expect(log).toLack('ENOENT')
    writeFileSync(join(folder, 'n1.2.log'), 'started\nopen ENOENT a\nopen ENOENT b\n')
    fails(
      () => expect(log).toLack(/ENOENT/),
      /the log of n1 must lack \/ENOENT\/, but has it 2 times, first: open ENOENT a\. Open .*n1\.2\.log/,
    )
    expect(log).toLack('EACCES')
  })

  test('toLack sees a line of an incarnation that is over', () => {
    incarnation(1, 'open ENOENT a\n')
    incarnation(2, 'started\n')
    fails(() => expect(log).toLack('ENOENT'), 'has it 1 times')
  })

  test('toContainLine counts over all incarnations, exactly where a count is given', () => {
    incarnation(1, 'started\nsaved a\n')
    incarnation(2, 'started\n')
    expect(log).toContainLine('saved')
    expect(log).toContainLine(/^started$/, 2)
    expect(log).not.toContainLine('ENOENT')
    expect(log).toContainLine('ENOENT', 0)
    fails(() => expect(log).toContainLine('ENOENT'), /must contain ENOENT at least once, but has it 0 times in 3 lines/)
    fails(() => expect(log).toContainLine('started', 1), /must contain started 1 times, but has it 2 times/)
    fails(() => expect(log).toContainLine('started', 3), 'but has it 2 times')
  })
})

describe('toHaveFired', () => {
  const fault = (bytesRefused: number) =>
    openFault({ name: 'cut n1 from n2', kind: 'partition', targets: [], counts: () => ({ bytesRefused }), heal() {} })

  test('holds for a fault that had an effect, or as many as are asked for', () => {
    expect(fault(1)).toHaveFired()
    expect(fault(3)).toHaveFired(3)
  })

  test('is inconclusive, never a plain failure, for one that had none or too few', () => {
    isInconclusive(
      () => expect(fault(0), 'the cut was felt').toHaveFired(),
      /"cut n1 from n2" fired 0 times where at least 1 were needed \(\{"bytesRefused":0\}\)/,
    )
    isInconclusive(() => expect(fault(2)).toHaveFired(3), 'fired 2 times where at least 3')
  })

  test('its negation holds for a fault that did nothing, and fails for one that did', () => {
    expect(fault(0)).not.toHaveFired()
    fails(() => expect(fault(2)).not.toHaveFired(), 'must not have fired, but it did 2 times')
  })
})

describe('toMeetBudget', () => {
  const limit = budget('catch-up', 60_000, 'ms', 'the promise')

  test('holds up to the limit and fails above it, with the reading, the bound and its source', () => {
    expect(60_000).toMeetBudget(limit)
    fails(() => expect(60_000.5).toMeetBudget(limit), 'catch-up was 60000.5 ms, its budget is 60000 ms (the promise)')
  })

  test.each([undefined, Number.NaN])('is inconclusive where the reading is %s', (reading) => {
    isInconclusive(() => expect(reading).toMeetBudget(limit), 'There is no reading for the budget "catch-up"')
    isInconclusive(() => expect(reading).not.toMeetBudget(limit), 'There is no reading')
  })

  const p99 = latencyBudget('search', 10, 'issue 5')
  const timed = (latencyMs: number) =>
    latencySeries(
      'search',
      Array.from({ length: 1_500 }, () => ({ latencyMs })),
    )

  test('judges latencies by their quantile, and tells which file to open', () => {
    expect(timed(9)).toMeetBudget(p99)
    fails(
      () => expect({ ...timed(11), open: 'load.json' }).toMeetBudget(p99),
      /^search: p99 was 11 ms, .* its budget is p99 < 10 ms \(search: issue 5\); above it were 500, 500, 500 .* Open load.json.$/,
    )
    isInconclusive(() => expect(latencySeries('search', [])).toMeetBudget(p99), 'A window holds 0 operations')
  })

  test('refuses to judge latencies by a bound that names no quantile', () => {
    expect(() => expect(timed(9)).toMeetBudget(limit)).toThrow('The budget "catch-up" bounds no quantile')
  })

  test('judges a rate with the success rate beside it', () => {
    const { what, windows } = timed(9)
    const load = { what, windows: windows.map((window) => ({ ...window, elapsedMs: 1_000 })) }
    expect(load).toMeetBudget(rateBudget('searches', 500, 'issue 5'))
    fails(() => expect(load).toMeetBudget(rateBudget('searches', 501, 'issue 5')), 'at least 501 a second')
  })

  test('judges failovers one by one, from five kills on', () => {
    const gap = (gapMs: number) => ({ killedAtMs: 0, gapMs, untriedMs: 0 })
    expect([1, 2, 3, 4, 5].map(gap)).toMeetBudget(limit)
    fails(() => expect([1, 2, 3, 4, 60_001].map(gap)).toMeetBudget(limit), '60 001 ms; the budget of each is 60 000 ms')
    isInconclusive(() => expect([1, 2, 3, 4].map(gap)).toMeetBudget(limit), 'At least 5 kills are needed')
  })
})

describe('toBeValid', () => {
  const verdict = (is: Verdict['verdict']): Verdict => ({
    checker: 'losesNothing',
    verdict: is,
    claim: 'nothing acknowledged is lost',
    found: '1 of 200 rows is gone: r7.',
    witness: { operationsAcknowledged: 200 },
  })

  test('holds for a valid verdict, and an invalid one fails with claim and finding', () => {
    expect(verdict('valid')).toBeValid()
    fails(() => expect(verdict('invalid')).toBeValid(), 'nothing acknowledged is lost: 1 of 200 rows is gone: r7.')
  })

  test('is inconclusive for an unknown one, with its witness', () => {
    isInconclusive(
      () => expect(verdict('unknown')).toBeValid(),
      /is gone.*\(witness \{"operationsAcknowledged":200\}\)/,
    )
    isInconclusive(() => expect(verdict('unknown')).not.toBeValid(), /is gone/)
  })
})

describe('toConverge', () => {
  const limit = budget('convergence', 50, 'ms', 'the promise')
  const cluster = (running: boolean[], converged: () => Promise<void> = async () => {}) =>
    ({ nodes: running.map((each) => ({ running: each })), converged }) as unknown as Cluster
  const thrown = (assertion: Promise<unknown>): Promise<unknown> =>
    assertion.then(
      () => undefined,
      (error: unknown) => error,
    )

  test('is inconclusive where fewer than two nodes run: one is always equal to itself', async () => {
    for (const running of [[], [true], [true, false]]) {
      expect(await thrown(expect(cluster(running)).toConverge(limit))).toBeInstanceOf(Inconclusive)
    }
  })

  test('holds where the nodes converge, and fails with the last digests where they do not in time', async () => {
    await expect(cluster([true, true])).toConverge(limit)
    const apart = cluster([true, true], async () => {
      throw new HarnessError('BUDGET_SPENT', 'Waited 50 ms; last reading: n1 aa, n2 bb.')
    })
    const error = await thrown(expect(apart).toConverge(limit))
    expect(error).toMatchObject({
      message: expect.stringContaining('must converge: Waited 50 ms; last reading: n1 aa'),
    })
    await expect(apart).not.toConverge(limit)
  })

  test('what kept it from being judged is no verdict, for the negation neither', async () => {
    const lacking = cluster([true, true], async () => {
      throw new HarnessError('ABILITY_MISSING', 'The system echo has no ability "digest".')
    })
    expect(await thrown(expect(lacking).toConverge(limit))).toMatchObject({ code: 'ABILITY_MISSING' })
    expect(await thrown(expect(lacking).not.toConverge(limit))).toMatchObject({ code: 'ABILITY_MISSING' })
  })
})
