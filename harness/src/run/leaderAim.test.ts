import { expect, test } from 'vitest'
import type { Cluster } from '../cluster/cluster.ts'
import type { ScheduledFault } from '../nemesis/schedule.ts'
import { aimedAt, leaderOf } from './leaderAim.ts'

const fault = (...targets: string[]) =>
  ({ id: 'f1', family: 'partition', targets, aim: 'leader' }) as unknown as ScheduledFault

/** Nodes that answer by their client who leads; undefined never answers, a node in brackets is down. */
function clusterOf(answers: readonly (string | Error | undefined)[], running: readonly boolean[] = []): Cluster {
  const leader = (client: unknown) => {
    const answer = answers[client as number]
    if (answer instanceof Error) return Promise.reject(answer)
    return answer === undefined ? new Promise(() => {}) : Promise.resolve(answer)
  }
  const nodes = answers.map((_, at) => ({ client: at, running: running[at] ?? true }))
  return { nodes, system: { abilities: { leader } } } as unknown as Cluster
}

test('the leader is whom most nodes take for it, without those that do not answer, refuse or are down', async () => {
  expect(await leaderOf(clusterOf(['n2', 'n3', 'n3']))).toBe('n3')
  expect(await leaderOf(clusterOf([undefined, 'n3', new Error('starting')]))).toBe('n3')
  expect(await leaderOf(clusterOf(['n1', 'n1', 'n3'], [false, false, true]))).toBe('n3')
  expect(await leaderOf(clusterOf([undefined, undefined, new Error('starting')]))).toBe(undefined)
})

test('a system that tells no leader has none', async () => {
  expect(await leaderOf({ nodes: [], system: { abilities: {} } } as unknown as Cluster)).toBe(undefined)
})

test('the leader takes the first place, and whoever lay there takes its place', () => {
  expect(aimedAt(fault('n1'), 'n3').targets).toEqual(['n3'])
  expect(aimedAt(fault('n1', 'n2'), 'n3').targets).toEqual(['n3', 'n2'])
  expect(aimedAt(fault('n1', 'n2'), 'n2').targets).toEqual(['n2', 'n1'])
  expect(aimedAt(fault('n1', 'n2'), 'n1').targets).toEqual(['n1', 'n2'])
  expect(aimedAt(fault('n1', 'n2'), undefined).targets).toEqual(['n1', 'n2'])
})
