import { HarnessError } from '../base/errors.ts'
import type { FaultCounts } from '../base/fault.ts'
import type { Seed } from '../base/seed.ts'
import type { Imposition } from '../network/imposition.ts'
import type { Network } from '../network/network.ts'

/** What bytes between two regions meet, each way, for as long as the cluster lives. */
export interface InterRegion {
  delayMs: number
  /** Up to so much more or less, drawn from the seed; chunks never overtake one another. */
  jitterMs?: number
}

export interface RegionOptions {
  /** Node i lives in regions[i % regions.length]. */
  regions?: readonly string[]
  /** The line between any two regions. It is not a fault: it stands before the first byte and is never healed. */
  interRegion?: InterRegion
}

/** Which node lives where, and the line between them. As guard.json tells it. */
export interface RegionMap {
  /** Region by the name of the node. */
  nodes: Readonly<Record<string, string>>
  interRegion?: InterRegion
}

/** The region of the node at this index, undefined in a cluster without any. Throws BAD_USAGE for an unusable list. */
export function regionAt({ regions, interRegion }: RegionOptions, at: number): string | undefined {
  if (interRegion && new Set(regions).size < 2) {
    throw new HarnessError('BAD_USAGE', 'interRegion says how far regions are apart, so there must be at least two.')
  }
  if (!regions) return undefined
  const region = regions[at % regions.length]
  if (!region) throw new HarnessError('BAD_USAGE', 'The list of regions must hold at least one name, and no empty one.')
  return region
}

/** Region by name of the node; undefined in a cluster without regions. */
export function regionMapOf(
  nodes: readonly { name: string; region?: string }[],
  interRegion: InterRegion | undefined,
): RegionMap | undefined {
  const placed = nodes.flatMap(({ name, region }) => (region === undefined ? [] : [[name, region] as const]))
  if (placed.length === 0) return undefined
  return { nodes: Object.fromEntries(placed), ...(interRegion === undefined ? {} : { interRegion }) }
}

/** The line between regions at work. */
export interface RegionLines {
  /** Ordered pairs of nodes that lie in different regions. */
  readonly linkCount: number
  /** What the lines have delayed so far. */
  counts(): FaultCounts
}

/** Puts every link between two regions under its delay, for good: rules of faults on the same link work beside it. */
export function layRegionLines(network: Network, map: RegionMap, seed: Seed): RegionLines {
  const { delayMs, jitterMs = 0 } = map.interRegion ?? { delayMs: 0 }
  const lines: Imposition[] = []
  for (const [from, region] of Object.entries(map.nodes)) {
    for (const [to, other] of Object.entries(map.nodes)) {
      if (region === other || !map.interRegion) continue
      const random = seed.stream(`line ${from} -> ${to}`)
      lines.push(network.link(from, to).impose({ type: 'delay', ms: delayMs, jitterMs, random }))
    }
  }
  return {
    linkCount: lines.length,
    counts: () => {
      const sums = { delayAddedMs: 0, chunksDelayed: 0 }
      for (const line of lines) {
        const { delayAddedMs, chunksDelayed } = line.counts()
        sums.delayAddedMs += Number(delayAddedMs)
        sums.chunksDelayed += Number(chunksDelayed)
      }
      return sums
    },
  }
}

/** One line for people: `n1 eu, n2 us, n3 ap; 80 ms give or take 10 ms between regions, each way`. */
export function describeRegions({ nodes, interRegion }: RegionMap): string {
  const placed = Object.entries(nodes).map(([name, region]) => `${name} ${region}`)
  const jitter = interRegion?.jitterMs ? ` give or take ${interRegion.jitterMs} ms` : ''
  const line = interRegion ? `; ${interRegion.delayMs} ms${jitter} between regions, each way` : ''
  return `${placed.join(', ')}${line}`
}
