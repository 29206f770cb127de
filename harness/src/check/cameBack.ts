import { effectsOf } from '../history/effects.ts'
import type { History } from '../history/history.ts'
import type { KeyLife } from './keyLives.ts'
import { rowsRead } from './reading.ts'

export interface CameBack {
  key: string
  node: string
  /** The node had shown before that the key was gone; else it had only acknowledged the delete. */
  wasGone: boolean
}

interface Sighting {
  atMs: number
  node: string
  isThere: boolean
}

/**
 * Deleted keys that a node showed again, in any reading of its rows or read by a client, once it had shown that they were
 * gone or had acknowledged the delete itself. Other nodes may hear of the delete later, and so may show the key until then.
 */
export function cameBack(part: History, deleted: readonly KeyLife[], table: string | undefined): CameBack[] {
  const lives = new Map(deleted.map((life) => [life.key, life]))
  const sightings = new Map<string, Sighting[]>()
  const see = (life: KeyLife, sighting: Sighting) => {
    if (!(sighting.atMs > life.settledAtMs)) return
    const seen = sightings.get(life.key)
    if (seen) seen.push(sighting)
    else sightings.set(life.key, [sighting])
  }
  for (const reading of part.observations) {
    if (reading.what !== 'rows' || !Array.isArray(reading.value)) continue
    const keys = new Set(rowsRead(reading).map(({ key }) => key))
    for (const life of deleted) see(life, { atMs: reading.atMs, node: reading.node, isThere: keys.has(life.key) })
  }
  for (const operation of part.operations) {
    for (const { deed, key, table: own, isAnswered, answer } of effectsOf(operation)) {
      const life = deed === 'read' && isAnswered && own === table ? lives.get(key ?? '') : undefined
      if (life === undefined || key === undefined || answer === '') continue
      see(life, { atMs: operation.startedAtMs, node: operation.node, isThere: answer !== null })
    }
  }
  return deleted.flatMap((life) => backOf(life, sightings.get(life.key) ?? []))
}

function backOf(life: KeyLife, sightings: Sighting[]): CameBack[] {
  const gone = new Set<string>()
  const byDelete = new Set(life.deletes.map(({ operation }) => operation.node))
  const back = new Map<string, boolean>()
  for (const { node, isThere } of sightings.sort((a, b) => a.atMs - b.atMs)) {
    if (!isThere) gone.add(node)
    else if (gone.has(node)) back.set(node, true)
    else if (byDelete.has(node) && !back.has(node)) back.set(node, false)
  }
  return [...back].map(([node, wasGone]) => ({ key: life.key, node, wasGone }))
}
