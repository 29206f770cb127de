import type { Socket } from 'node:net'
import { HarnessError } from '../base/errors.ts'
import { Connection } from './connection.ts'
import { Door } from './door.ts'
import type { Dial, Endpoint } from './endpoint.ts'
import { type Link, ProxiedLink } from './link.ts'
import { Wire } from './wire.ts'

export type { Endpoint } from './endpoint.ts'

export interface NetworkPlan {
  /** Everything that can be dialled through a door: the nodes, and an object store if there is one. */
  nodes: { name: string; door: Endpoint; target: Endpoint }[]
  /** Names the dialler that its source address does not tell. */
  whoDialled?: (dial: Dial) => string | undefined
}

export interface Network {
  /** The link of two names of the plan, or of one and `unknown`: it exists before any byte flows. Throws BAD_USAGE else. */
  link(from: string, to: string): Link
  links(): Link[]
  /** Connections open through any door, each counted once. */
  connectionCount(): number
  /** Closes the doors and resets what is still open. Closing twice is closing once. */
  close(): Promise<void>
}

/** The name of whoever could not be told by address or by `whoDialled`: most often the test itself. */
const unknownDialler = 'unknown'

/** Opens a door for each node. Throws PORT_TAKEN or PLATFORM_LACKS, with no door left open. */
export async function openNetwork(plan: NetworkPlan): Promise<Network> {
  const network = new DoorNetwork(plan)
  try {
    await network.open()
  } catch (error) {
    await network.close()
    throw error
  }
  return network
}

class DoorNetwork implements Network {
  readonly #plan: NetworkPlan
  readonly #nameOfHost: ReadonlyMap<string, string>
  readonly #links = new Map<string, Map<string, ProxiedLink>>()
  readonly #connections = new Set<Connection>()
  readonly #doors: Door[] = []
  #closing: Promise<void> | undefined

  constructor(plan: NetworkPlan) {
    this.#plan = plan
    this.#nameOfHost = namesByHost(plan)
    const names = plan.nodes.map((node) => node.name)
    if (new Set(names).size < names.length || names.includes(unknownDialler))
      throw new HarnessError(
        'BAD_USAGE',
        `Names must differ, and none may be "${unknownDialler}": ${names.join(', ')}.`,
      )
    for (const from of [...names, unknownDialler]) {
      this.#links.set(from, new Map([...names, unknownDialler].map((to) => [to, new ProxiedLink(from, to)])))
    }
  }

  async open(): Promise<void> {
    const opened = await Promise.allSettled(
      this.#plan.nodes.map(({ name, door, target }) =>
        Door.open(door, (socket, dial) => this.#connect(socket, dial, name, target)),
      ),
    )
    for (const result of opened) if (result.status === 'fulfilled') this.#doors.push(result.value)
    for (const result of opened) if (result.status === 'rejected') throw result.reason
  }

  link(from: string, to: string): ProxiedLink {
    const link = this.#links.get(from)?.get(to)
    if (link) return link
    const names = [...this.#links.keys()].join(', ')
    throw new HarnessError('BAD_USAGE', `There is no link from "${from}" to "${to}". The names are: ${names}.`)
  }

  /** Every ordered pair of two different names, also those of `unknown`. */
  links(): Link[] {
    return [...this.#links.values()].flatMap((row) => [...row.values()]).filter((link) => link.from !== link.to)
  }

  connectionCount(): number {
    return this.#connections.size
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      const closed = this.#doors.map((door) => door.close())
      for (const connection of [...this.#connections]) connection.reset()
      await Promise.all(closed)
    })()
    return this.#closing
  }

  #connect(socket: Socket, dial: Dial, node: string, target: Endpoint): void {
    const { source } = dial
    const byHost = this.#nameOfHost.get(source.host)
    const named = byHost ?? this.#plan.whoDialled?.(dial) ?? unknownDialler
    const dialler = this.#links.has(named) ? named : unknownDialler
    const wire = Wire.accepted(socket)
    if (!wire) return
    const connection = new Connection({
      dialler: wire,
      forward: this.link(dialler, node),
      // The node sees who dialled it, as it would without a proxy between.
      target: Wire.toward(target, byHost !== undefined && isLoopback(source.host) ? source.host : undefined),
      backward: this.link(node, dialler),
      onGone: (gone) => this.#connections.delete(gone),
    })
    this.#connections.add(connection)
    if (this.#closing) connection.reset()
    else connection.begin()
  }
}

/** Only hosts that a single node has to itself tell who dials. */
function namesByHost(plan: NetworkPlan): Map<string, string> {
  const names = new Map<string, string>()
  const shared = new Set<string>()
  for (const { name, door, target } of plan.nodes) {
    for (const host of new Set([door.host, target.host])) {
      if (names.has(host)) shared.add(host)
      names.set(host, name)
    }
  }
  for (const host of shared) names.delete(host)
  return names
}

function isLoopback(host: string): boolean {
  return host.startsWith('127.')
}
