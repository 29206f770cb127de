import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { awaitReading, type CallsFault, type GuardRun, type Node } from '@breakwater/harness'
import { expect } from 'vitest'
import { blobs, streamed } from '../../fixtures/datasets/blobs.ts'
import type { PeerClient } from '../../fixtures/systems/peer/client.ts'
import { observeBlobs } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

export interface Rejection {
  blobCount: number
  bytesEach: number
  /** Every so-manieth file that the receiver opens below blobs/ for writing fails. */
  every: number
  /** How long after the call the failure shows, ms: the historical bug is a race. */
  afterMs: readonly number[]
}

/** Lets saves of blobs fail on the receiver alone, each time after another delay, and judges what became of them. */
export async function rejectBlobSaves(run: GuardRun, rejection: Rejection): Promise<void> {
  const cluster = await run.startCluster({ system: peer, nodes: 2 })
  const [sender, receiver] = cluster.nodes
  const share = Math.floor(rejection.blobCount / rejection.afterMs.length)

  const faults: CallsFault[] = []

  for (const afterMs of rejection.afterMs) {
    await using failing = await cluster.failDisk(receiver, {
      operations: ['openWrite'],
      pathIncludes: '/blobs/',
      every: rejection.every,
      effect: { type: 'fail', code: 'ENOENT' },
      afterMs,
      tellPaths: true,
    })
    const sent = blobs(share, rejection.bytesEach, `after-${afterMs}-ms`)
    for (const { id, bytes } of sent) await sender.client.putBlob(id, bytes, streamed(bytes))
    await awaitReading({
      what: `${receiver.name} to know of ${share} blobs saved or failed after ${afterMs} ms`,
      budget: budgets.catchUp,
      probe: async () => {
        // An escaped error may have ended the node: that is the verdict, not that its blobs cannot be listed.
        if (receiver.uncaughtErrors().length > 0) return 'an error escaped'
        const known = (await receiver.client.blobs()).filter((blob) => blob.id.startsWith(`after-${afterMs}-ms`))
        return known.filter((blob) => blob.state !== 'missing').length
      },
      until: (reading) => reading === share || reading === 'an error escaped',
      open: () => receiver.log.path,
    })
    expect(receiver.uncaughtErrors(), 'no rejection escapes').toEqual([])
    expect(receiver.log, 'the fault announced itself').toContainLine(/breakwater fault .* armed/)
    expect(failing, 'saves failed').toHaveFired()
    faults.push(failing)
  }

  const status = await receiver.client.cluster()
  expect(status.peers.find((other) => other.name === sender.name)?.connected, 'the receiver stays connected').toBe(true)
  await sender.client.put('rows', 'fresh', { after: 'the failures' })
  await awaitReading({
    what: 'a fresh write to reach the receiver',
    budget: budgets.healConvergence,
    probe: () => receiver.client.get('rows', 'fresh'),
    until: (value) => value !== undefined,
    open: () => receiver.log.path,
  })

  await awaitReading({
    what: 'the failed blobs to be repaired',
    budget: budgets.blobRepair,
    probe: async () =>
      (await receiver.client.blobs()).filter((blob) => blob.state === 'missing' || blob.state === 'failed'),
    until: (broken) => broken.length === 0,
    describe: (broken) => `${broken.length} blobs unreadable, first ${broken[0]?.id}`,
    open: () => receiver.log.path,
  })
  expect(receiver.uncaughtErrors(), 'no rejection escapes').toEqual([])
  // Only now is every failure over and told: a repair that was tried while saves still failed counts, too.
  const failures = faults.reduce((sum, fault) => sum + (fault.counts().callsFailed ?? 0), 0)
  const logged = new RegExp(`Blob save failed for (\\S+) from ${sender.name}`)
  expect(receiver.log, 'each failure is logged exactly once').toContainLine(logged, failures)
  const blobOf = await contentsOf(sender)
  const failed = faults.flatMap((fault) => fault.failedPaths()).map((path) => blobOf.get(contentIdOf(path)) ?? path)
  expect(failed, 'the fault tells of each failure which file it was').toHaveLength(failures)
  const loggedOf = receiver.log.matches(logged).flatMap((line) => logged.exec(line)?.[1] ?? [])
  run.report('saves that failed', failures, 'operations')
  expect(timesEach(loggedOf), 'each failure is logged under the id of its blob').toEqual(timesEach(failed))
  await observeBlobs(run, cluster.nodes)
  expect(run.check('equalBlobs', { table: 'blobs' }), 'both sides hold equal bytes').toBeValid()
}

/** Blobs by the name of their file, told by content: neither the log nor the receiver is asked. */
async function contentsOf(node: Node<PeerClient>): Promise<Map<string, string>> {
  const idOf = new Map((await node.client.blobs()).map(({ id, sha256 }) => [sha256, id]))
  const folder = join(node.plan.dataFolder, 'blobs')
  const blobOf = new Map<string, string>()
  for (const name of await readdir(folder)) {
    const sha256 = createHash('sha256')
      .update(await readFile(join(folder, name)))
      .digest('hex')
    blobOf.set(name, idOf.get(sha256) ?? `no blob has the content of ${name}`)
  }
  return blobOf
}

/** A content is written to `<its id>.<number>.tmp` first. */
function contentIdOf(path: string): string {
  return basename(path).split('.')[0] ?? ''
}

/** "id 2": how often each is there, in the order of ids. */
function timesEach(ids: readonly string[]): string[] {
  return [...Map.groupBy(ids, (id) => id)].map(([id, times]) => `${id} ${times.length}`).sort()
}
