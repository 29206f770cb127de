/**
 * Guarantee  However users arrive, each is answered, and a text that many ask for at once is embedded once.
 * Method     Open loops: independent arrivals, bursts of 40 who all ask the same new text, and a step to four times the rate.
 *            Latency counts from when each was meant to begin. Then the provider's calls are counted.
 * Fault bit  None. Every arrival ran; each burst asked what nobody had asked before.
 * Known bad  cache-stampede (everybody who asks before the first answer asks the provider).
 */
import { type Arrivals, bursts, poisson, steps } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { workers } from '../../fixtures/datasets/workers.ts'
import { startSearchBed } from './searchBed.ts'

const index = 'workers'
const dataset = { seed: 3, count: 500, dimensions: 64 }
const burst = { size: 40, everyMs: 500 }
const windowMs = 3_000

interface Load {
  readonly name: string
  readonly arrivals: Arrivals
  readonly textOf: (arrival: number) => string
}

const loads: readonly Load[] = [
  { name: 'poisson', arrivals: poisson(60), textOf: (arrival) => `welder in city ${arrival % 20}` },
  { name: 'bursts', arrivals: bursts(burst), textOf: (arrival) => `burst ${Math.floor(arrival / burst.size)}` },
  {
    name: 'step',
    arrivals: steps({ perSecond: 30, forMs: windowMs / 2 }, { perSecond: 120, forMs: windowMs / 2 }),
    textOf: (arrival) => `loader in city ${arrival % 20}`,
  },
]

test('VEC-11 everybody is answered, however users arrive', { tags: ['gate'], timeout: 420_000 }, async ({ run }) => {
  const { node, embedder } = await startSearchBed(run, {}, dataset.dimensions)
  const { client } = node
  await client.createIndex(index, dataset.dimensions)
  const vectors = [...workers(dataset)].map(({ id, embedding }) => ({ id, vector: embedding }))
  await client.add(index, vectors)

  const asked = new Set<string>()
  for (const { name, arrivals, textOf } of loads) {
    const result = await run.load({
      name,
      loop: { arrivals },
      windowMs,
      windows: 1,
      // Counts are judged, not latencies: what the machine does beside it changes no count.
      repeats: 0,
      timeoutMs: 120_000,
      scenarios: [
        {
          name: 'search',
          run: async (user) => {
            const query = textOf(user.number)
            asked.add(query)
            const hits = await user.step('search', () => client.search(index, { query, k: 5 }))
            if (hits.length !== 5) throw new Error(`${hits.length} of 5 results`)
          },
        },
      ],
    })
    const { runs, reasons, p99Ms } = result.total()
    run.report(`${name}: p99 of ${runs} searches`, p99Ms, 'ms')
    expect(reasons, `nobody fails under ${name}`).toEqual({})
    expect(runs, `users arrived under ${name}`).toBeGreaterThan(50)
  }
  const { calls } = await embedder.client.status()
  expect(calls, 'a text that many ask for at once is embedded once').toBe(asked.size)
})
