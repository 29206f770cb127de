import { commandFor, type System } from '@breakwater/harness'

const preload = new URL('../../../fixtures/faults/preload.ts', import.meta.url).pathname
const server = new URL('./server.js', import.meta.url).pathname

export interface EchoClient {
  call(path: string): Promise<number>
}

/** A system with no ability at all: what the harness needs at the least. */
export const echo: System<EchoClient> = {
  name: 'echo',
  process: ({ bind }) => ({
    command: commandFor('echo', [process.execPath, server]),
    env: { ECHO_HOST: bind.host, ECHO_PORT: String(bind.port) },
    preloads: [preload],
  }),
  ready: async ({ bind }) => (await fetch(`http://${bind.host}:${bind.port}/`)).ok,
  client: ({ bind }, record) => ({
    call: (path) =>
      record({ kind: 'call', key: path }, async () => (await fetch(`http://${bind.host}:${bind.port}${path}`)).status),
  }),
  abilities: {},
}
