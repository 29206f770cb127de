/**
 * Guarantee  Three nodes that are at work and broken for minutes neither keep memory nor files for ever, and lose nothing.
 * Method     A soak of five minutes in this very process: windows of calm and of drawn faults on one cluster, each judged by itself. One node
 *            is spared from kills, and read from outside all the while, its memory after a forced collection.
 * Fault bit  Faults of every window were opened and healed, and most of them took effect.
 * Known bad  slow-memory-leak (what was received is remembered for ever), removed-segment-stays-open (files of removed segments).
 */
import { Inconclusive, soakOn } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { exploration } from '../../fixtures/systems/peer/exploration.ts'

const durationMs = 300_000
const leastFaults = 30

test('SOAK-1 minutes of work under faults leak neither memory nor files', { timeout: durationMs + 180_000 }, async ({
  run,
  seed,
}) => {
  const { findings, faults, verdicts, operations } = await soakOn(run, {
    exploration,
    system: 'peer',
    seed,
    durationMs,
    windowMs: 20_000,
  })
  const effective = faults.healed - faults.withoutEffect
  run.report('faults healed', faults.healed, 'operations')
  run.report('acknowledged', operations.ok, 'operations')
  expect(findings, 'no window finds anything').toEqual([])
  if (effective < leastFaults)
    throw new Inconclusive(`Only ${effective} faults took effect, ${leastFaults} are needed.`)
  const steady = verdicts.filter(({ checker }) => ['noLeak', 'flatHandles', 'noGrowth'].includes(checker))
  expect(steady, 'memory and files are judged').toHaveLength(3)
  // What is refuted first: a doubt beside it is no news.
  for (const verdict of steady.filter((each) => each.verdict === 'invalid')) expect(verdict, verdict.claim).toBeValid()
  for (const verdict of steady) expect(verdict, verdict.claim).toBeValid()
})
