import { awaitReading } from '../base/awaitReading.ts'
import { type Budget, budget } from '../base/budget.ts'
import { HarnessError } from '../base/errors.ts'
import { formatBytes, MiB } from '../base/units.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/node.ts'
import { openFilesOf } from '../probe/openFiles.ts'

/** What a node holds when everything is healed, more than it held before the faults: by nature, and not for having been broken. */
export interface KeptMore {
  /** Open files: a log has more of them when it is longer. */
  readonly files: number
  /** Open still and removed already: somebody may be reading one. */
  readonly removedFiles: number
  readonly sockets: number
  /** Heap and what it holds outside, after a forced collection. */
  readonly retainedBytes: number
}

export const keptMoreByDefault: KeptMore = { files: 64, removedFiles: 0, sockets: 100, retainedBytes: 96 * MiB }

/** What one node holds now. */
export interface Holding {
  files: number
  sockets: number
  /** Open still, and removed already: nobody will find them again. */
  removedFiles: readonly string[]
  retainedBytes?: number
}

/** How long connections that are given up and files that are let go may take to close. */
const lettingGo = budget('letting go after the heal', 5_000, 'ms', 'several times what timers of connections take')

/** By node; without those that cannot be read from outside. */
export async function holdingsOf<Client>({ nodes }: Cluster<Client>): Promise<Map<string, Holding>> {
  const holdings = new Map<string, Holding>()
  for (const node of nodes) {
    const holding = await holdingOf(node as unknown as Node<never>)
    if (holding) holdings.set(node.name, holding)
  }
  return holdings
}

/** Undefined where this machine does not show what the process has open. */
async function holdingOf(node: Node<never>): Promise<Holding | undefined> {
  const seen = openOf(node)
  // A system without a preload does not tell what it keeps.
  const retainedBytes = await node.control.retainedBytes().catch(() => undefined)
  return seen && { ...seen, ...(retainedBytes === undefined ? {} : { retainedBytes }) }
}

function openOf(node: Node<never>): Omit<Holding, 'retainedBytes'> | undefined {
  const open = node.running ? openFilesOf(node.life.pid) : undefined
  if (!open || open.length === 0) return undefined
  const removed = open.filter(({ removed: isRemoved }) => isRemoved)
  return {
    files: open.filter(({ path }) => path.startsWith('/')).length,
    sockets: open.filter(({ path }) => path.startsWith('socket:')).length,
    removedFiles: removed.map(({ path }) => path),
  }
}

/** `found`: a sentence for each thing that a node holds on to, once it had time to let go of it. `held`: what was looked at. */
export async function heldBack<Client>(
  { nodes }: Cluster<Client>,
  before: ReadonlyMap<string, Holding>,
  more: KeptMore,
  limit: number | Budget = lettingGo,
): Promise<{ found: string[]; held: string }> {
  const told: string[] = []
  const held: string[] = []
  for (const node of nodes as readonly Node<never>[]) {
    const first = before.get(node.name)
    if (!first || !node.running) continue
    const look = () => {
      const now = openOf(node)
      return now ? openTooMuch(node.name, now, first, more) : []
    }
    told.push(...(await lastOf(look, limit)))
    const last = await holdingOf(node)
    held.push(`${node.name} ${inWords(first)} before the faults, ${last ? inWords(last) : 'unknown'} now`)
    const { retainedBytes } = last ?? {}
    if (retainedBytes === undefined || first.retainedBytes === undefined) continue
    const kept = retainedBytes - first.retainedBytes
    if (kept > more.retainedBytes)
      told.push(
        `${node.name} keeps ${formatBytes(kept)} more in memory than before the faults, and ${formatBytes(more.retainedBytes)} are its own`,
      )
  }
  return { found: told, held: held.length > 0 ? held.join('; ') : 'what nodes hold cannot be read here' }
}

function inWords({ files, sockets, removedFiles, retainedBytes }: Holding): string {
  const kept = retainedBytes === undefined ? '' : `, ${formatBytes(retainedBytes)} kept`
  return `${files} files (${removedFiles.length} removed), ${sockets} sockets${kept}`
}

function openTooMuch(name: string, now: Omit<Holding, 'retainedBytes'>, first: Holding, more: KeptMore): string[] {
  const told: string[] = []
  if (now.removedFiles.length > first.removedFiles.length + more.removedFiles)
    told.push(
      `${name} has ${now.removedFiles.length} files open that were removed (${[...new Set(now.removedFiles)].slice(0, 3).join(', ')})`,
    )
  for (const what of ['files', 'sockets'] as const) {
    if (now[what] <= first[what] + more[what]) continue
    told.push(
      `${name} has ${now[what]} ${what} open, ${first[what]} before the faults, and ${more[what]} more are its own`,
    )
  }
  return told
}

/** Nothing as soon as there is nothing, else what there was when the time was over. */
async function lastOf(look: () => string[], limit: number | Budget): Promise<string[]> {
  let last: string[] = []
  try {
    await awaitReading({
      what: 'a node to let go',
      budget: limit,
      probe: () => {
        last = look()
        return last.length
      },
      until: (count) => count === 0,
      everyMs: 50,
    })
    return []
  } catch (error) {
    if (!(error instanceof HarnessError && error.code === 'BUDGET_SPENT')) throw error
    return last
  }
}
