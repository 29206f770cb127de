import { awaitReading, Inconclusive, type Node } from '@breakwater/harness'
import { expect } from 'vitest'
import { budgets } from './budgets.ts'

/** Waits until one of these nodes leads the shard and all the others of them that run follow it. */
export async function agreeOnLeader<Client>(
  nodes: readonly Node<Client>[],
  shard: string,
  leaderOf: (client: Client) => Promise<string | undefined>,
  budget = budgets.failover,
): Promise<Node<Client>> {
  const running = nodes.filter((node) => node.running)
  const reading = await awaitReading({
    what: `${running.map((node) => node.name).join(', ')} to agree on the leader of ${shard}`,
    budget,
    probe: () => Promise.all(running.map((node) => leaderOf(node.client))),
    until: ([first, ...others]) =>
      first !== undefined && running.some((node) => node.name === first) && others.every((each) => each === first),
    open: () => running[0]?.log.path ?? 'no log',
  })
  return running.find((node) => node.name === reading[0]) as Node<Client>
}

/** The call, or a rejection once the node has ended: the network of a container that is gone says nothing to who waits. */
export function whileAlive<Client, T>(node: Node<Client>, call: (client: Client) => Promise<T>): Promise<T> {
  const ended = node.life.exited.then(() => Promise.reject(new Error(`${node.name} ended`)))
  return Promise.race([call(node.client), ended])
}

/** Who became leader in which term, from the logs of all incarnations. Throws INCONCLUSIVE where a log was not read. */
function leadersByTerm<Client>(nodes: readonly Node<Client>[], shard: string): Map<number, string[]> {
  const leaders = new Map<number, string[]>()
  for (const node of nodes) {
    node.log.refresh()
    if (node.log.incarnations.length === 0)
      throw new Inconclusive(`${node.name} was never started, so nobody knows who led.`)
    const unread = node.log.incarnations.find((reader) => reader.bytesRead === 0)
    if (unread) throw new Inconclusive(`No byte was read from ${unread.path}, so nobody knows who led.`)
    for (const line of node.log.matches('"became leader"')) {
      const { shard: of, term } = JSON.parse(line) as { shard?: string; term?: number }
      if (of === shard && term !== undefined) leaders.set(term, [...(leaders.get(term) ?? []), node.name])
    }
  }
  return leaders
}

/** A claim of every guard of shards with a leader. Returns how many terms had one. Throws INCONCLUSIVE where nobody was seen to lead. */
export function expectOneLeaderPerTerm<Client>(nodes: readonly Node<Client>[], shard: string): number {
  const leaders = leadersByTerm(nodes, shard)
  if (leaders.size === 0) {
    const where = nodes.map((node) => node.log.path).join(', ')
    throw new Inconclusive(
      `No line of ${nodes.map(({ name }) => name).join(', ') || 'no node'} says who became leader of ${shard}, so nobody knows ` +
        `whether a term had two. Open ${where || 'no log'}.`,
    )
  }
  const doubled = [...leaders].filter(([, names]) => names.length > 1)
  expect(doubled, 'exactly one leader in a term').toEqual([])
  return leaders.size
}
