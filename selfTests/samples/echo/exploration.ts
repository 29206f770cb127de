import { after, type Exploration, type Stage } from '@breakwater/harness'
import { type EchoClient, echo } from './system.ts'

/** A client for each node: one that is paused holds up nobody else. */
async function call({ cluster }: Stage<EchoClient>, ended: AbortSignal): Promise<void> {
  const clients = cluster.nodes.map(async ({ client }) => {
    for (let done = 0; done < 100 && !ended.aborted; done++) {
      await client.call('/').catch(() => {})
      await after(5, ended)
    }
  })
  await Promise.all(clients)
}

async function callAtPace({ cluster, window }: Stage<EchoClient>, ended: AbortSignal): Promise<void> {
  const clients = [...cluster.nodes, ...cluster.nodes].map(async ({ client }) => {
    while (!ended.aborted) {
      await window?.pace.next(ended)
      if (!ended.aborted) await client.call('/').catch(() => {})
    }
  })
  await Promise.all(clients)
}

const shouted = '{"level":50,"msg":"on fire, and nobody declared it"}'

/** After the usual calls, each node does that once more by itself. */
async function callAndAsk(stage: Stage<EchoClient>, ended: AbortSignal, path: string): Promise<void> {
  await call(stage, ended)
  for (const { client } of stage.cluster.nodes) await client.ask(path).catch(() => {})
}

const hang = () => new Promise<never>((_, reject) => setTimeout(reject, 3_600_000))

/** Says so once a node has been started again, and never ends: the heal of its kill waits for a node that never serves. */
async function callUntilRestarted(stage: Stage<EchoClient>, ended: AbortSignal): Promise<void> {
  const told = setInterval(() => {
    if (stage.cluster.nodes.some(({ incarnation }) => incarnation > 1)) console.error('hangs in a heal')
  }, 50)
  await call(stage, ended).finally(() => clearInterval(told))
}

/** What each window left. */
const left = new Map<number, string>()

/**
 * What an exploration can meet, for the self tests: `sturdy` holds whatever comes; `frail` does not bear that a node was killed,
 * which only a schedule with a kill shows; `silent` has nothing to judge by; `idle` does next to nothing; three of them hang where their
 * names say. A soak goes on with `paced`, whose windows leave a text that is lost
 * once the environment says after which window.
 */
export const exploration: Exploration<EchoClient> = {
  system: echo,
  nodes: [2],
  durationMs: 300,
  faults: [2, 4],
  powerCuts: true,
  // Its nodes do not speak to one another and do not look at the clock.
  weights: { failDisk: 0, slow: 0, silence: 0, reset: 0, partition: 0, oneWay: 0, isolate: 0, skewClock: 0 },
  workloads: {
    sturdy: { operations: 24, work: call, observe: async () => {}, checks: [] },
    frail: {
      work: call,
      async observe({ cluster }) {
        const restarted = cluster.nodes.filter(({ incarnation }) => incarnation > 1)
        if (restarted.length > 0) throw new Error(`${restarted.length} nodes lost what they knew`)
      },
      checks: [],
    },
    paced: {
      work: callAtPace,
      observe: async () => {},
      checks: [{ checker: 'availability', options: { withinMs: 60_000 } }],
      async left({ window }) {
        const number = window?.number ?? 0
        const lostAfter = Number(process.env.SELF_TEST_LOSES_AFTER ?? Number.POSITIVE_INFINITY)
        left.set(number, (left.get(number) ?? '') + (left.size > lostAfter ? 'lost' : ''))
        return { text: left.get(number) ?? '' }
      },
    },
    silent: { work: call, observe: async () => {}, checks: [{ checker: 'losesNothing' }] },
    leaky: { work: (stage, ended) => callAndAsk(stage, ended, '/leak'), observe: async () => {}, checks: [] },
    shouting: {
      work: (stage, ended) => callAndAsk(stage, ended, `/log?${new URLSearchParams({ line: shouted })}`),
      observe: async () => {},
      checks: [],
    },
    idle: { work: async () => {}, observe: async () => {}, checks: [] },
    hangsInSettle: {
      work: call,
      observe: async () => {},
      checks: [],
      settle: () => {
        console.error('hangs in settle')
        return hang()
      },
    },
    hangsInStart: { work: call, observe: async () => {}, checks: [], settings: () => ({ ECHO_SILENT_FROM: '1' }) },
    hangsInHeal: {
      work: callUntilRestarted,
      observe: async () => {},
      checks: [],
      weights: { pause: 0 },
      settings: () => ({ ECHO_SILENT_FROM: '2' }),
    },
  },
  soak: { nodes: 2, shares: { paced: 1 }, ratePerSecond: 100 },
  expectedErrors: [/declared burning/],
  states: { listening: /listening/, burning: /on fire/ },
  async settle({ cluster }) {
    for (const { client } of cluster.nodes) await client.call('/')
  },
}
