/** What one node was seen to use at one moment, from outside; `retainedBytes` by its preload. */
export interface NodeReading {
  /** Since the soak began, over all of its runners, ms. */
  atMs: number
  node: string
  /** One process: cluster and incarnation, "2.n1.14". */
  life: string
  /** How old that process was, ms. */
  ageMs: number
  rssBytes: number
  /** Heap and other private memory. */
  rssAnonBytes: number
  /** Heap and what it holds outside, after a forced collection; absent where no preload answered. */
  retainedBytes?: number
  handleCount: number
  socketCount: number
  /** No fault was open: what a fault makes a node hold is no leak. */
  calm: boolean
}

/**
 * By node, the readings of the process that was watched longest once its warm-up is left out. Nodes are killed all the time; what leaks
 * shows in the one that is spared.
 */
export function longestLives(readings: readonly NodeReading[], warmUpMs: number): Map<string, NodeReading[]> {
  const lives = Map.groupBy(
    readings.filter(({ atMs, ageMs }) => ageMs >= warmUpMs && atMs >= warmUpMs),
    ({ life }) => life,
  )
  const longest = new Map<string, NodeReading[]>()
  for (const life of lives.values()) {
    const node = life[0]?.node ?? ''
    if (spanOf(life) > spanOf(longest.get(node) ?? [])) longest.set(node, life)
  }
  // What was killed in the middle of its youth makes only for doubt beside one that was not.
  const mostMs = Math.max(0, ...[...longest.values()].map(spanOf))
  return new Map([...longest].filter(([, life]) => spanOf(life) >= mostMs / 2))
}

export function spanOf(readings: readonly { atMs: number }[]): number {
  return (readings.at(-1)?.atMs ?? 0) - (readings[0]?.atMs ?? 0)
}
