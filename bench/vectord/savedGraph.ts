import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Graph } from '../../fixtures/systems/vectord/daemon/graph.ts'
import { type Manifest, manifestKey } from '../../fixtures/systems/vectord/daemon/manifest.ts'
import { index, type VectordBed } from './bed.ts'

const prefix = 'vectord/'

/** The daemon's own graph as it saved it, in this process: what a search costs without a daemon around it. */
export async function loadSavedGraph({ store, bucket, folder }: VectordBed, dimensions: number): Promise<Graph> {
  const manifest = JSON.parse(String(await store.client.get(bucket, prefix + manifestKey))) as Manifest
  const saved = manifest.graphs.find((graph) => graph.index === index)
  if (!saved) throw new Error('The daemon has saved no graph.')
  const pieces: Buffer[] = []
  for (const { key } of saved.parts) {
    const bytes = await store.client.get(bucket, prefix + key)
    if (!bytes) throw new Error(`${key} is not in the object store.`)
    pieces.push(bytes)
  }
  const path = join(folder, 'saved.graph')
  await writeFile(path, Buffer.concat(pieces))
  const graph = new Graph(dimensions, 'f16')
  graph.load(path)
  return graph
}
