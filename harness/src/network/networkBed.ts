import { once } from 'node:events'
import { createServer, type Server, Socket } from 'node:net'
import { awaitReading } from '../base/awaitReading.ts'
import { type Network, type NetworkPlan, openNetwork } from './network.ts'
import { claimSubnet, type Subnet } from './subnet.ts'

const targetPort = 9001
const doorPort = 9000

/** One end of a real connection, with everything that was read from it. */
export class End {
  readonly socket: Socket
  readonly #chunks: Buffer[] = []
  byteCount = 0
  hasEnded = false
  isClosed = false
  errorCode: string | undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.byteCount += chunk.length
    })
    socket.on('end', () => {
      this.hasEnded = true
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.errorCode = error.code
    })
    socket.on('close', () => {
      this.isClosed = true
    })
  }

  get text(): string {
    return this.bytes.toString()
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes)
  }

  async reads(text: string): Promise<void> {
    await awaited(
      `"${text}"`,
      () => this.text,
      (seen) => seen === text,
    )
  }

  async closes(): Promise<void> {
    await awaited('the close', () => this.isClosed, Boolean)
  }
}

export function awaited<T>(what: string, probe: () => T, until: (reading: T) => boolean): Promise<T> {
  return awaitReading({ what, budget: 5_000, probe, until, everyMs: 1 })
}

/** Waits until a reading that has begun to grow does not grow any more. Gives the last one. */
export function stalled(what: string, probe: () => number): Promise<number> {
  let last = 0
  let stillCount = 0
  return awaited(`${what} to stall`, probe, (now) => {
    stillCount = now > 0 && now === last ? stillCount + 1 : 0
    last = now
    return stillCount >= 20
  })
}

/** Two listening nodes n1 and n2 on a subnet of their own, with a network between them. For tests. */
export class NetworkBed implements AsyncDisposable {
  readonly network: Network
  readonly subnet: Subnet
  readonly #servers = new Map<string, Server>()
  readonly #accepted = new Map<string, End[]>()
  readonly #ends: End[] = []

  static async open(change: (plan: NetworkPlan) => NetworkPlan = (plan) => plan): Promise<NetworkBed> {
    const subnet = await claimSubnet()
    const nodes = ['n1', 'n2'].map((name, at) => {
      const host = subnet.hostOf(at + 1)
      return { name, door: { host, port: doorPort }, target: { host, port: targetPort } }
    })
    const bed = new NetworkBed(subnet, await openNetwork(change({ nodes })))
    await bed.startNode('n1')
    await bed.startNode('n2')
    return bed
  }

  private constructor(subnet: Subnet, network: Network) {
    this.subnet = subnet
    this.network = network
  }

  hostOf(name: string): string {
    return this.subnet.hostOf(Number(name.slice(1)))
  }

  async startNode(name: string): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const end = new End(socket)
      this.#ends.push(end)
      this.acceptedBy(name).push(end)
    })
    this.#servers.set(name, server)
    server.listen(targetPort, this.hostOf(name))
    await once(server, 'listening')
  }

  async stopNode(name: string): Promise<void> {
    const server = this.#servers.get(name)
    if (!server?.listening) return
    for (const end of this.acceptedBy(name)) end.socket.destroy()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }

  acceptedBy(name: string): End[] {
    const ends = this.#accepted.get(name) ?? []
    this.#accepted.set(name, ends)
    return ends
  }

  /** Dials a node's door from another node's address, or from one that belongs to nobody. */
  async dial(to: string, from?: string): Promise<End> {
    const socket = new Socket({ allowHalfOpen: true })
    const end = new End(socket)
    this.#ends.push(end)
    const localAddress = from ? this.hostOf(from) : this.subnet.hostOf(200)
    socket.connect({ host: this.hostOf(to), port: doorPort, localAddress })
    // A reset on accept may come before the news of the connect.
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => end.closes())
    return end
  }

  /** A connection that n1 dialled to n2, with both its ends. */
  async connect(): Promise<{ near: End; far: End }> {
    const count = this.acceptedBy('n2').length
    const near = await this.dial('n2', 'n1')
    await awaited(
      'n2 to accept',
      () => this.acceptedBy('n2').length,
      (now) => now > count,
    )
    return { near, far: this.acceptedBy('n2')[count] as End }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) end.socket.destroy()
    for (const name of this.#servers.keys()) await this.stopNode(name)
    await this.network.close()
    await this.subnet.release()
  }
}
