import { after, type Exploration, type Stage } from '@breakwater/harness'
import { type EchoClient, echo } from './system.ts'

async function call({ cluster }: Stage<EchoClient>, ended: AbortSignal): Promise<void> {
  for (let done = 0; done < 100 && !ended.aborted; done++) {
    for (const { client } of cluster.nodes) await client.call('/').catch(() => {})
    await after(5, ended)
  }
}

/**
 * What an exploration can meet, for the self tests: `sturdy` holds whatever comes; `frail` does not bear that a node was killed,
 * which only a schedule with a kill shows; `silent` has nothing to judge by.
 */
export const exploration: Exploration<EchoClient> = {
  system: echo,
  nodes: [2],
  durationMs: 300,
  faults: [2, 4],
  powerCuts: true,
  weights: { failDisk: 0, slow: 0, silence: 0, reset: 0 },
  workloads: {
    sturdy: { work: call, observe: async () => {}, checks: [] },
    frail: {
      work: call,
      async observe({ cluster }) {
        const restarted = cluster.nodes.filter(({ incarnation }) => incarnation > 1)
        if (restarted.length > 0) throw new Error(`${restarted.length} nodes lost what they knew`)
      },
      checks: [],
    },
    silent: { work: call, observe: async () => {}, checks: [{ checker: 'losesNothing' }] },
  },
  states: { listening: /listening/, burning: /on fire/ },
  async settle({ cluster }) {
    for (const { client } of cluster.nodes) await client.call('/')
  },
}
