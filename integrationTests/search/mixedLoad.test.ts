/**
 * Guarantee  Six kinds of users search, draft, fill, record and replay at once, and none of them ever fails. They are VEC-1 to VEC-6 of
 *            SCENARIOS: cold_search_email, surge_fill_validate, profile_swap, repeat_cache, sms_validate, playbook_record_replay.
 * Method     5 000 workers (100 000 at full scale; a team's own where BREAKWATER_WORKERS names their file) are loaded while snapshots are
 *            saved; then 50 users go through the mix for 20 s (300 s). Each run checks what it is told. Then the embeddings that were asked for are counted, and answers compared with a look at all workers.
 * Fault bit  No fault. Every class ran, and the cache was asked about texts that differ in case and white space alone.
 * Known bad  exclude-ids-after-top-k, cache-key-not-normalised, phone-taken-for-ssn.
 */
import { Inconclusive, type LoadResult } from '@breakwater/harness'
import { sized, clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { openCorpus } from '../../fixtures/datasets/corpus.ts'
import { TextVectors } from '../../fixtures/systems/embedder/daemon/textVector.ts'
import { budgets } from '../budgets.ts'
import { dataset, index, loadWorkers, startSearchBed } from './searchBed.ts'
import { allSaved } from './stores.ts'
import { userScenarios } from './userScenarios.ts'
import { nearestOf, recall } from './vectors.ts'

const users = 50
const windowMs = sized({ gate: 20_000, full: 300_000 })
const k = 10
/** Of each class: below it nothing is said about the class. */
const leastRuns = 5

test('VEC-1 six kinds of users at once never fail', {
  tags: ['gate'],
  timeout: sized({ gate: 420_000, full: 2_400_000 }),
}, async ({ run }) => {
  const corpus = await openCorpus(dataset)
  const bed = await startSearchBed(run, {}, corpus.dimensions)
  const { node, embedder } = bed
  const vectors = await loadWorkers(bed, run, corpus)
  const asked = new Set<string>()
  const scenarios = await userScenarios(node.client, { index, needs: corpus.needs }, asked)
  const result = await run.load({
    name: 'users',
    scenarios,
    loop: { users },
    windowMs,
    windows: 1,
    // Counts are judged, not latencies: what the machine does beside it changes no count.
    repeats: 0,
    timeoutMs: 120_000,
  })
  for (const { name } of scenarios) failsNowhere(result, name)
  const { okPerSecond, p99Ms } = result.total()
  run.report('scenarios per second', okPerSecond, 'operations')
  run.report('scenario p99', p99Ms, 'ms')

  const figures = await node.client.figures()
  expect(figures.get('vectord_query_cache_hits_total'), 'the cache was hit').toBeGreaterThan(0)
  expect((await embedder.client.status()).calls, 'each text is embedded once, however it is written').toBe(asked.size)

  const texts = new TextVectors(corpus.dimensions)
  let recallSum = 0
  // Whatever users ask for, and not some of it: a graph passes over whole groups of workers where it passes over any.
  for (const text of corpus.needs) {
    const found = (await node.client.search(index, { query: text, k })).map(({ id }) => id)
    recallSum += recall(found, nearestOf(vectors, texts.of(text.toLowerCase()), k))
  }
  const meanRecall = recallSum / corpus.needs.length
  run.report('recall@10', meanRecall, 'ratio')
  expect(meanRecall, 'the graph finds what a look at all workers finds').toBeGreaterThanOrEqual(
    budgets.leastRecall.limit,
  )
  expect((await node.client.index(index)).count, 'no worker is lost').toBe(corpus.count)
  await allSaved(bed)
})

function failsNowhere(result: LoadResult, name: string): void {
  const figures = result.figures().find((each) => each.class === name)
  if (!figures || figures.runs < leastRuns) throw new Inconclusive(`${name} ran ${figures?.runs ?? 0} times.`)
  expect(figures.reasons, `no run of ${name} fails`).toEqual({})
}
