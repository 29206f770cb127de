import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { type Endpoint, formatEndpoint } from '../network/endpoint.ts'

/** What a closed cluster must not leave on this machine: somebody listening on its addresses, its folder. */
export async function leftBehind(endpoints: readonly Endpoint[], folder: string): Promise<string[]> {
  const taken = await Promise.all(endpoints.map(async (at) => ((await isTaken(at)) ? [formatEndpoint(at)] : [])))
  const ports = taken.flat().map((at) => `a listener on ${at}`)
  return existsSync(folder) ? [...ports, `the folder ${folder}`] : ports
}

/** Whether somebody listens there. An address that is not of this machine, as a container's, is taken by nobody here. */
function isTaken(at: Endpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE'))
    probe.listen({ ...at, exclusive: true }, () => probe.close(() => resolve(false)))
  })
}
