/** One end of a TCP connection: an address in numbers, and a port. */
export interface Endpoint {
  host: string
  port: number
}

/** A connection by both its ends, which nobody else has: a source port alone serves connections to several ports at a time. */
export interface Dial {
  source: Endpoint
  /** The door that was dialled, by the address that the dialler used. */
  target: Endpoint
}

export function formatEndpoint(endpoint: Endpoint): string {
  return endpoint.host.includes(':') ? `[${endpoint.host}]:${endpoint.port}` : `${endpoint.host}:${endpoint.port}`
}

/** A socket that listens on both families names an IPv4 peer `::ffff:127.0.0.1`; this gives 127.0.0.1 back. */
export function plainHost(host: string): string {
  return host.startsWith('::ffff:') && host.includes('.') ? host.slice('::ffff:'.length) : host
}
