import { claimSubnet } from '../network/subnet.ts'
import type { Site } from './runtime.ts'

const bindPort = 9001
const doorPort = 9000

/** A loopback address for each node: it listens on port 9001, and its door on port 9000 of the same address. */
export async function openLoopbackSite(nodeCount: number): Promise<Site> {
  const subnet = await claimSubnet()
  return {
    places: Array.from({ length: nodeCount }, (_, at) => {
      const host = subnet.hostOf(at + 1)
      const bind = { host, port: bindPort }
      const door = { host, port: doorPort }
      return { bind, reach: bind, advertised: door, door }
    }),
    claim: subnet.claim,
    close: () => subnet.release(),
  }
}
