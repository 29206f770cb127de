import { createServer, type Server, type Socket } from 'node:net'
import { HarnessError } from '../base/errors.ts'
import { type Dial, type Endpoint, formatEndpoint, plainHost } from './endpoint.ts'

/** Where a node is dialled by its peers. It may stand open while the node behind it is down. */
export class Door {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /** Throws PORT_TAKEN when somebody listens there already, PLATFORM_LACKS when the address is not of this machine. */
  static async open(at: Endpoint, onDial: (socket: Socket, dial: Dial) => void): Promise<Door> {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) => {
      const dial = dialOf(socket)
      if (dial) onDial(socket, dial)
      else socket.destroy() // gone before we saw it
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => reject(refusalOf(at, cause)))
      server.listen({ ...at, exclusive: true }, resolve)
    })
    return new Door(server)
  }

  /** Refuses new dials from now on. Connections are not the door's; they end with the network. */
  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.close((error) => (error ? reject(error) : resolve()))
    })
  }
}

/** Both ends of an accepted connection; undefined when it is over. */
export function dialOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): Dial | undefined {
  if (remoteAddress === undefined || remotePort === undefined) return undefined
  if (localAddress === undefined || localPort === undefined) return undefined
  return {
    source: { host: plainHost(remoteAddress), port: remotePort },
    target: { host: plainHost(localAddress), port: localPort },
  }
}

function refusalOf(at: Endpoint, cause: NodeJS.ErrnoException): Error {
  if (cause.code === 'EADDRINUSE')
    return new HarnessError('PORT_TAKEN', `The door ${formatEndpoint(at)} is in use by another process.`, { cause })
  if (cause.code === 'EADDRNOTAVAIL')
    return new HarnessError('PLATFORM_LACKS', `${formatEndpoint(at)} is no address of this machine.`, { cause })
  return cause
}
