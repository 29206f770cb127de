import type { Corpus } from '../../fixtures/datasets/corpus.ts'
import type { GivenVector, VectordClient } from '../../fixtures/systems/vectord/client.ts'

type Added = GivenVector & { readonly id: string }

/** Makes the index and adds all workers of the corpus to it, batch by batch; `onBatch` is told what was added, and how many are there by then. */
export async function addWorkers(
  client: VectordClient,
  { index, corpus, batch }: { readonly index: string; readonly corpus: Corpus; readonly batch: number },
  onBatch: (added: readonly Added[], count: number) => void,
): Promise<void> {
  await client.createIndex(index, corpus.dimensions)
  let count = 0
  let waiting: Added[] = []
  for await (const { id, embedding, ...metadata } of corpus.workers()) {
    waiting.push({ id, vector: embedding, metadata: { ...metadata } })
    if (++count % batch > 0 && count < corpus.count) continue
    await client.add(index, waiting)
    onBatch(waiting, count)
    waiting = []
  }
}
