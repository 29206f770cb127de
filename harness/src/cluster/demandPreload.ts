import { awaitReading } from '../base/awaitReading.ts'
import { readProcessTable } from '../probe/processTable.ts'
import { socketsOf } from '../probe/sockets.ts'
import type { Control } from '../runtime/control.ts'
import { PreloadMissing } from '../runtime/preloadMissing.ts'
import type { Life, Runtime } from '../runtime/runtime.ts'

/** What serves has long connected. */
export const helloBudgetMs = 1_000
/** What starts may have to strip types first. */
const startingBudgetMs = 10_000

export interface Inside {
  life: Life
  /** It has served. */
  wasReady: boolean
  /** Some life of the node has said hello. */
  everHeard: boolean
  control: Control
  runtime: Runtime['name']
  /** Where it serves. */
  port: number
}

/**
 * Resolves once the preload of a life has said that it is there, in whoever of its processes serves; also
 * when the life has ended meanwhile. Throws FAULT_FAILED (PreloadMissing) with the purpose that comes to nothing.
 */
export async function demandPreload(inside: Inside, purpose: string): Promise<void> {
  const { life, wasReady, everHeard, control } = inside
  const { incarnation, node } = life
  if (life.exit !== undefined) {
    // One that was killed as soon as it served may have had no time to say hello.
    if (wasReady && !everHeard) throw new PreloadMissing(`${node} had not loaded the preload`, purpose)
    return
  }
  const ended = new AbortController()
  void life.exited.then(() => ended.abort())
  const budgetMs = wasReady ? helloBudgetMs : startingBudgetMs
  await control.awaitHello(incarnation, budgetMs, ended.signal).catch((cause: unknown) => {
    if (!ended.signal.aborted) throw new PreloadMissing(`${node} has not loaded the preload`, purpose, { cause })
  })
  if (life.exit !== undefined) return
  const blind = await blindAmong(serversOf(inside), inside)
  if (blind !== undefined)
    throw new PreloadMissing(`${node} serves from process ${blind}, which has not loaded the preload`, purpose)
}

/** Those processes of a living node's group that accept connections where it serves. Reads all of /proc: some ms, more on a busy machine. */
export function serversOf({ life, runtime, port }: Inside): number[] {
  // In a container a process has another number inside.
  if (life.exit !== undefined || runtime !== 'process') return []
  return readProcessTable()
    .filter((entry) => entry.groupId === life.pid && entry.state !== 'Z')
    .map(({ pid }) => pid)
    .filter((pid) => socketsOf(pid).some(({ state, localPort }) => state === 'listening' && localPort === port))
}

/**
 * The first of the servers when none of them has said hello; undefined when one has, or there is none. A launcher may load the preload
 * and start the server without it. What serves since a moment only is given time to say hello.
 */
export async function blindAmong(servers: readonly number[], { life, control }: Inside): Promise<number | undefined> {
  const isSeen = () => control.connections().some(({ pid }) => servers.includes(pid))
  if (servers.length === 0 || isSeen()) return undefined
  const ended = new AbortController()
  void life.exited.then(() => ended.abort())
  try {
    await awaitReading({
      what: `a server of ${life.node} to say hello`,
      budget: helloBudgetMs,
      probe: isSeen,
      until: (seen) => seen,
      everyMs: 2,
      signal: ended.signal,
    })
    return undefined
  } catch {
    // Its budget is spent; of a server that has ended meanwhile nobody asks.
    return ended.signal.aborted ? undefined : servers[0]
  }
}
