import { readFileSync } from 'node:fs'
import type Dockerode from 'dockerode'
import { HarnessError } from '../../base/errors.ts'
import type { Site } from '../runtime.ts'
import { requireLocalEngine } from './engine.ts'
import { labelsOfThisRun } from './labels.ts'
import { freePrefix, routedNetworks } from './subnetPool.ts'

const bindPort = 9001
const firstDoorPort = 9000
/** The last bytes of the addresses: the gateway is 1; nodes begin well above it. */
const firstNodeByte = 11
const mostTries = 20

/** A network of a cluster's own. Its nodes keep their addresses over all of their lives. */
export interface BridgeSite extends Site {
  readonly network: string
  readonly networkId: string
  readonly gateway: string
  hosts: ReadonlySet<string>
}

let turn = 0

/**
 * One network a cluster, with a subnet that we choose: the engine's own pools run out at about 29 networks. Doors listen on the
 * bridge's address on this machine, which every container reaches and nobody else does.
 */
export async function openBridgeSite(
  engine: Dockerode,
  nodeCount: number,
  beforeRemoval: () => Promise<void>,
): Promise<BridgeSite> {
  const { id, name, prefix } = await createNetwork(engine)
  const gateway = `${prefix}.1`
  try {
    requireLocalEngine(engine, `${prefix}.0/24`)
  } catch (error) {
    await engine.getNetwork(id).remove()
    throw error
  }
  const places = Array.from({ length: nodeCount }, (_, at) => {
    const bind = { host: `${prefix}.${firstNodeByte + at}`, port: bindPort }
    const door = { host: gateway, port: firstDoorPort + at + 1 }
    return { bind, reach: bind, advertised: door, door }
  })
  return {
    network: name,
    networkId: id,
    gateway,
    places,
    hosts: new Set(places.map(({ bind }) => bind.host)),
    async close() {
      await beforeRemoval()
      await engine.getNetwork(id).remove()
    },
  }
}

async function createNetwork(engine: Dockerode): Promise<{ id: string; name: string; prefix: string }> {
  const refused = new Set<string>()
  for (let tries = 0; tries < mostTries; tries++) {
    const taken = [
      ...refused,
      ...(await engineNetworks(engine)),
      ...routedNetworks(readFileSync('/proc/net/route', 'utf8')),
    ]
    const prefix = freePrefix(taken, turn++)
    if (prefix === undefined) break
    const name = `breakwater-${prefix}`
    try {
      const { id } = await engine.createNetwork({
        Name: name,
        CheckDuplicate: true,
        Driver: 'bridge',
        IPAM: { Config: [{ Subnet: `${prefix}.0/24`, Gateway: `${prefix}.1` }] },
        Labels: labelsOfThisRun(),
      })
      return { id, name, prefix }
    } catch (error) {
      // Another runner took the subnet between our look and our claim.
      if (!/overlap|already exists/.test((error as Error).message)) throw error
      refused.add(`${prefix}.0/24`)
    }
  }
  throw new HarnessError(
    'PORT_TAKEN',
    'No free subnet was found in 10.64.0.0 to 10.127.255.0; remove networks that nobody needs: npx breakwater clean, docker network prune.',
  )
}

async function engineNetworks(engine: Dockerode): Promise<string[]> {
  const networks = await engine.listNetworks()
  return networks.flatMap(({ IPAM }) => IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? [])
}
