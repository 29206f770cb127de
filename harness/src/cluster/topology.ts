/** In which order nodes are told to join: which earlier member each one is pointed at. */
export type Topology = 'star' | 'chain' | 'ring'

/** Join calls as [joiner, member] indexes from 0. A ring is a chain whose ends also join. */
export function joinCalls(topology: Topology, nodes: number): [number, number][] {
  const calls: [number, number][] = []
  for (let joiner = 1; joiner < nodes; joiner++) calls.push([joiner, topology === 'star' ? 0 : joiner - 1])
  if (topology === 'ring' && nodes > 2) calls.push([0, nodes - 1])
  return calls
}
