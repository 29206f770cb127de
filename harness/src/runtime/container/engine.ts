import { existsSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import type Dockerode from 'dockerode'
import { HarnessError, messageOf } from '../../base/errors.ts'
import { formatMs } from '../../base/units.ts'
import { routedNetworks } from './subnetPool.ts'

/** Where the engine listens, in the words of node:http. */
export interface EngineAddress {
  socketPath?: string
  host?: string
  port?: number
}

const answerBudgetMs = 5_000
const usualSocket = '/var/run/docker.sock'

/**
 * The container engine of this machine. Throws DOCKER_MISSING, DOCKER_DENIED, DOCKER_SILENT; one sentence each, and what to do.
 * A DOCKER_HOST that leads nowhere is an error: to fall through to another engine would test the wrong one.
 */
export async function openEngine(env = process.env): Promise<Dockerode> {
  refuseRemote(env.DOCKER_HOST)
  const address = addressOf(env.DOCKER_HOST)
  if (address !== undefined) await requireAnswer(address, env.DOCKER_HOST)
  // The library costs 300 ms and 50 MB: only who uses containers pays.
  const { getContainerRuntimeClient } = await import('testcontainers')
  try {
    return (await getContainerRuntimeClient()).container.dockerode
  } catch (cause) {
    throw new HarnessError(
      'DOCKER_MISSING',
      'No container engine was found; start Docker (sh images/ensureDocker.sh installs and starts it), or run without --runtime docker.',
      { cause },
    )
  }
}

/** Containers of another machine have addresses that cannot be dialled from here. */
function refuseRemote(dockerHost: string | undefined): void {
  const scheme = /^(\w+):/.exec(dockerHost ?? '')?.[1]
  if (dockerHost === undefined || dockerHost === '' || (scheme !== undefined && usable.has(scheme))) return
  throw new HarnessError(
    'PLATFORM_LACKS',
    `DOCKER_HOST=${dockerHost} cannot be used${scheme === 'ssh' ? ', because ssh: leads to another machine' : ''}; ` +
      'the container runtime needs an engine on this Linux machine: unset DOCKER_HOST, or give unix:// and the path of its socket.',
  )
}

const usable = new Set(['unix', 'tcp', 'http', 'https'])

/** How a process that knows nothing of our libraries reaches the same engine. */
export function addressOfEngine(engine: Dockerode): EngineAddress {
  const modem = engine.modem as EngineAddress
  return modem.socketPath
    ? { socketPath: modem.socketPath }
    : { host: modem.host ?? 'localhost', port: Number(modem.port) }
}

/** Undefined for what only the library can reach (ssh, a pipe of Windows, the socket of a rootless engine). */
function addressOf(dockerHost: string | undefined): EngineAddress | undefined {
  if (!dockerHost) return existsSync(usualSocket) ? { socketPath: usualSocket } : undefined
  const url = URL.parse(dockerHost)
  if (url?.protocol === 'unix:') return { socketPath: url.pathname }
  if (url?.protocol === 'tcp:' && url.port !== '2376') return { host: url.hostname, port: Number(url.port || 2375) }
  return undefined
}

async function requireAnswer(address: EngineAddress, dockerHost: string | undefined): Promise<void> {
  const where = dockerHost ? `DOCKER_HOST=${dockerHost}` : (address.socketPath ?? address.host)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const ping = request({ ...address, path: '/_ping', timeout: answerBudgetMs }, (response) => {
    response.resume()
    response.once('end', resolve)
  })
  ping.once('timeout', () => ping.destroy(new Error(silent)))
  ping.once('error', reject)
  ping.end()
  try {
    await promise
  } catch (cause) {
    throw refusalOf(String(where), cause as NodeJS.ErrnoException)
  }
}

const silent = 'no answer'

function refusalOf(where: string, cause: NodeJS.ErrnoException): HarnessError {
  if (cause.code === 'EACCES' || cause.code === 'EPERM') {
    return new HarnessError(
      'DOCKER_DENIED',
      `This user may not open ${where}; add it to the group docker (sudo usermod -aG docker $USER, then log in again) or use a rootless engine.`,
      { cause },
    )
  }
  if (cause.message === silent) {
    return new HarnessError(
      'DOCKER_SILENT',
      `The container engine at ${where} did not answer within ${formatMs(answerBudgetMs)}; restart it (sudo systemctl restart docker) and look at its log.`,
      { cause },
    )
  }
  return new HarnessError(
    'DOCKER_MISSING',
    `No container engine listens at ${where} (${cause.code ?? messageOf(cause)}); start Docker, or unset or correct DOCKER_HOST.`,
    { cause },
  )
}

/** Throws PLATFORM_LACKS where containers run in another machine or virtual machine: their addresses cannot be dialled from here. */
export function requireLocalEngine(engine: Dockerode, subnet: string): void {
  // Not the list of interfaces: a bridge without a container on it counts as down there.
  if (routedNetworks(readFileSync('/proc/net/route', 'utf8')).includes(subnet)) return
  const { socketPath, host } = addressOfEngine(engine)
  throw new HarnessError(
    'PLATFORM_LACKS',
    `The engine at ${socketPath ?? host} runs its containers on another machine (its network ${subnet} is not here); ` +
      'the container runtime needs an engine on this Linux machine, not Docker Desktop or a remote one.',
  )
}
