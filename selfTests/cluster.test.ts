import { awaitReading, type PeerReading, type System } from '@breakwater/harness'
import { expect, test } from 'vitest'
import { GuardBed } from './guardBed.ts'
import { type EchoClient, echo } from './samples/echo/system.ts'

/** Echo, with powers that the test makes up. */
const able = (abilities: System<EchoClient>['abilities']): System<EchoClient> => ({ ...echo, abilities })

test('a node keeps its name, address, data and client over its lives, and each life has a log of its own', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.start(1)
  const [node] = cluster.nodes
  const { plan, client } = node
  await client.ask('/write?name=kept')
  await client.call('/log?line=first life')
  const first = node.life
  await node.restart()
  expect([node.plan, node.client]).toEqual([plan, client])
  expect(node.life).not.toBe(first)
  expect([node.incarnation, node.running, first.exit?.asked]).toEqual([2, true, true])
  expect(await client.ask('/now')).toMatch(/^\d+$/)
  expect(node.log.incarnations.map((reader) => reader.contains('first life'))).toEqual([true, false])
  expect(node.log.path).toMatch(/n1\.2\.log$/)
  await node.stop()
  expect(node.life.exit).toMatchObject({ code: 0, asked: true })
  expect(node.running).toBe(false)
  await node.start()
  expect(node.incarnation).toBe(3)
  await expect(node.start()).rejects.toThrow('n1 is running already')
})

test('each node gets the environment of all, its own, and what a test sets between two lives', async () => {
  await using bed = new GuardBed()
  const knob: System<EchoClient> = {
    ...echo,
    process: (plan) => ({
      command: [
        '/bin/sh',
        '-c',
        'echo "knobs $ALL $ONE $LATER of $BREAKWATER_NODE.$BREAKWATER_INCARNATION"; exec sleep 60',
      ],
      env: { ALL: `system of ${plan.name}` },
    }),
    ready: async () => true,
  }
  const cluster = await bed.run.startCluster({
    system: knob,
    nodes: 2,
    env: { ALL: 'all' },
    envOf: { n2: { ONE: 'one' } },
  })
  const [a, b] = cluster.nodes
  expect(await a.log.awaitLine('knobs', 5_000)).toBe('knobs all of n1.1'.replace('all', 'all  '))
  expect(await b.log.awaitLine('knobs', 5_000)).toBe('knobs all one  of n2.1')
  b.env.LATER = 'later'
  await b.restart()
  expect(await b.log.awaitLine('knobs', 5_000)).toBe('knobs all one later of n2.2')
})

test('a node that ends before it is ready is told at once, with its last line and its log', async () => {
  await using bed = new GuardBed()
  const failing = {
    ...echo,
    process: () => ({ command: ['/bin/sh', '-c', 'echo no disk; exit 3'], env: {} }),
  }
  await expect(bed.run.startCluster({ system: failing, nodes: 1 })).rejects.toThrow(
    /^n1 ended with exit code 3 before it was ready, [\d. ]+ ms after its start\. Its last line: no disk\. Open \S*n1\.1\.log\. \[NODE_EXITED\]$/,
  )
  for (const node of bed.run.nodes) node.mayExit()
})

test('a wait that watches a node ends at once, by the error of its end, unless the end was asked for', async () => {
  await using bed = new GuardBed()
  const [node] = (await bed.start(1)).nodes
  const first = node.endsUnasked
  await node.restart()
  expect(first.aborted).toBe(false)
  const vain = awaitReading({
    what: 'what never comes',
    budget: 60_000,
    probe: () => false,
    until: (came) => came,
    signal: node.endsUnasked,
  })
  process.kill(node.life.pid, 'SIGKILL')
  await expect(vain).rejects.toThrow(/^n1 ended by SIGKILL although nobody asked it to, .*\[NODE_EXITED\]$/)
  node.mayExit()
})

test("a test's options for Node.js stand beside the preloads", async () => {
  await using bed = new GuardBed()
  const env = { NODE_OPTIONS: '--max-old-space-size=64' }
  const [node] = (await bed.run.startCluster({ system: echo, nodes: 1, env })).nodes
  expect((await node.control.awaitHello(1, 5_000)).preloads).toContain('fs')
})

test('a node that never becomes ready is told with its budget, its last line and its log', async () => {
  await using bed = new GuardBed()
  const deaf = { ...echo, ready: async () => false }
  await expect(bed.run.startCluster({ system: deaf, nodes: 1, startBudgetMs: 300 })).rejects.toThrow(
    /^Waited 300 ms for n1 to be ready; last reading: false, unchanged for .*Open \S*n1\.1\.log\. .*Its last line: .*\. \[NODE_NOT_READY\]$/,
  )
})

test('the nodes are joined in the order of the topology, and waited for until each is connected to each', async () => {
  await using bed = new GuardBed()
  const joins: string[] = []
  const names = new Map<EchoClient, string>()
  let readings = 0
  const peers = async (): Promise<PeerReading[]> => {
    readings++
    return ['n1', 'n2', 'n3'].map((name) => ({ name, connected: name !== 'n3' || readings > 8 }))
  }
  const joining = able({
    join: async (client, member) => void joins.push(`${names.get(client)} to ${member.name}`),
    peers,
  })
  const named = {
    ...joining,
    client: (...[plan, record]: Parameters<typeof echo.client>) => {
      const client = echo.client(plan, record)
      names.set(client, plan.name)
      return client
    },
  }
  await bed.run.startCluster({ system: named, nodes: 3, topology: 'chain' })
  expect(joins).toEqual(['n2 to n1', 'n3 to n2'])
  expect(readings).toBeGreaterThan(8)
})

test('nodes that do not find each other are named', async () => {
  await using bed = new GuardBed()
  const lonely = able({
    join: async () => {},
    peers: async () => [
      { name: 'n1', connected: true },
      { name: 'n2', connected: false },
    ],
  })
  await expect(bed.run.startCluster({ system: lonely, nodes: 2, startBudgetMs: 800 })).rejects.toThrow(
    /for n1, n2 to be connected to one another; last reading: n1 lacks n2, unchanged for .*\[BUDGET_SPENT\]$/,
  )
})

test('a cluster has converged when all running nodes show one digest twice in a row', async () => {
  await using bed = new GuardBed()
  const shown = [
    ['a', 'b'],
    ['c', 'c'],
    ['c', 'd'],
    ['d', 'd'],
    ['e', 'e'],
    ['e', 'e'],
    ['f', 'f'],
  ].flat()
  const cluster = await bed.run.startCluster({
    system: able({ digest: async () => shown.shift() as string }),
    nodes: 2,
  })
  await cluster.converged(5_000)
  expect(shown).toEqual(['f', 'f'])
})

test('a cluster that does not converge is told with its last digests', async () => {
  await using bed = new GuardBed()
  let turn = 0
  const cluster = await bed.run.startCluster({ system: able({ digest: async () => `digest ${++turn % 2}` }), nodes: 2 })
  await expect(cluster.converged(50)).rejects.toThrow(
    /^Waited 50 ms for the cluster to converge; last reading: n1 digest 1, n2 digest 0, unchanged for .*\[BUDGET_SPENT\]$/,
  )
})

test('an ability that the system lacks is told at once, not when a budget is spent', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.start(2)
  const lacking = /^The system echo has no ability "(digest|peers)"\. \[ABILITY_MISSING\]$/
  await expect(cluster.converged(60_000)).rejects.toThrow(lacking)
  await expect(cluster.connected(60_000)).rejects.toThrow(lacking)
  expect(() => cluster.node(2)).toThrow('the cluster has 2 nodes, there is none at index 2')
})
