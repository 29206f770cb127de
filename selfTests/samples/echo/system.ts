import { fileURLToPath } from 'node:url'
import { commandFor, type System } from '@breakwater/harness'
import { imageOf } from '../../../images/specimens.ts'

const preload = fileURLToPath(new URL('../../../fixtures/faults/preload.ts', import.meta.url))
const server = fileURLToPath(new URL('./server.js', import.meta.url))

export interface EchoClient {
  /** The status of the answer. */
  call(path: string): Promise<number>
  /** What the answer says; what went wrong inside is thrown by its code. */
  ask(path: string): Promise<string>
}

/** A system with no ability at all: what the harness needs at the least. */
export const echo: System<EchoClient> = {
  name: 'echo',
  process: ({ bind }) => ({
    command: commandFor('echo', [process.execPath, server]),
    env: { ECHO_HOST: bind.host, ECHO_PORT: String(bind.port) },
    preloads: [preload],
  }),
  container: ({ bind, dataFolder }) => ({
    image: imageOf('echo'),
    cwd: dataFolder,
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
    ask: (path) =>
      record({ kind: 'ask', key: path }, async () => {
        const answer = await fetch(`http://${reach.host}:${reach.port}${path}`)
        if (!answer.ok) throw new Error(await answer.text())
        return await answer.text()
      }),
  }),
  abilities: {},
}
