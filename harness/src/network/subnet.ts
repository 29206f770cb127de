import { createServer, type Server } from 'node:net'
import { HarnessError } from '../base/errors.ts'

/** Loopback addresses of one cluster's own, so that no two clusters on this machine ever meet. */
export interface Subnet {
  /** 127.X.Y.index, from 1 to 253. */
  hostOf(index: number): string
  /** Whoever listens with this holds the subnet: it can be handed to another process. */
  readonly claim: Server
  /** Lets the subnet go. This process does not claim it again: an address is not used twice within a run. */
  release(): Promise<void>
}

/** The claim: only one process can listen here. Below the ephemeral ports, so that no dial takes it by chance. */
const claimHost = 254
const claimPort = 7254
/** 127.0.Y is left out: Debian and others name hosts there. */
const subnetCount = 254 * 256
const mostTries = 200
/** About the golden section of subnetCount, and coprime to it: pids that follow each other start far apart. */
const stride = 40_187

let triedCount = 0

/**
 * Claims a free subnet, looking from `startAt` on (by default from a place that only this process starts at). Throws PLATFORM_LACKS where 127.0.0.0/8 is not all loopback (macOS, unless aliased), PORT_TAKEN
 * when none of many tries was free.
 */
export async function claimSubnet(startAt = process.pid * stride): Promise<Subnet> {
  for (let tries = 0; tries < mostTries; tries++) {
    // Each step is taken once by this process, so that it never claims a subnet for the second time.
    const at = (startAt + triedCount++) % subnetCount
    const prefix = `127.${1 + Math.floor(at / 256)}.${at % 256}`
    const listener = await listenOn(`${prefix}.${claimHost}`)
    if (listener) return subnetOf(prefix, listener)
  }
  throw new HarnessError('PORT_TAKEN', `None of ${mostTries} loopback subnets was free; is port ${claimPort} in use?`)
}

function subnetOf(prefix: string, listener: Server): Subnet {
  let released: Promise<void> | undefined
  return {
    hostOf(index) {
      if (!Number.isInteger(index) || index < 1 || index >= claimHost)
        throw new HarnessError('BAD_USAGE', `A subnet has the hosts 1 to ${claimHost - 1}, not ${index}.`)
      return `${prefix}.${index}`
    },
    claim: listener,
    release() {
      released ??= new Promise((resolve) => listener.close(() => resolve()))
      return released
    },
  }
}

function listenOn(host: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy())
  server.unref() // a claim must not keep its process alive
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EADDRINUSE') resolve(undefined)
      else if (cause.code === 'EADDRNOTAVAIL')
        reject(
          new HarnessError(
            'PLATFORM_LACKS',
            `${host} is no loopback address here. The process runtime gives each node an address of its own in ` +
              '127.0.0.0/8, which Linux has as it stands; elsewhere use the container runtime.',
            { cause },
          ),
        )
      else reject(cause)
    })
    server.listen({ host, port: claimPort, exclusive: true }, () => resolve(server))
  })
}
