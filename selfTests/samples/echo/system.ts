import { commandFor, type System } from '@breakwater/harness'
import { imageOf } from '../../../images/specimens.ts'

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
  container: ({ bind }) => ({
    image: imageOf('echo'),
    env: { ECHO_HOST: bind.host, ECHO_PORT: String(bind.port) },
    preloads: ['/app/fixtures/faults/preload.ts'],
  }),
  ready: async ({ reach }) => (await fetch(`http://${reach.host}:${reach.port}/`)).ok,
  client: ({ reach }, record) => ({
    call: (path) =>
      record(
        { kind: 'call', key: path },
        async () => (await fetch(`http://${reach.host}:${reach.port}${path}`)).status,
      ),
  }),
  abilities: {},
}
