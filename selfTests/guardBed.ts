import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type HarnessError, type Node, Seed } from '@breakwater/harness'
import { test } from 'vitest'
import type { BreakableCluster } from '../harness/src/run/breakableCluster.ts'
import { GuardRun } from '../harness/src/run/guardRun.ts'
import type { SavedGuard } from '../harness/src/run/runRecord.ts'
import { openProcessRuntime } from '../harness/src/runtime/process.ts'
import type { Runtime } from '../harness/src/runtime/runtime.ts'
import { type EchoClient, echo } from './samples/echo/system.ts'

/** A guard's run without the vitest door around it, in a folder that is gone afterwards. */
export class GuardBed implements AsyncDisposable {
  readonly run: GuardRun
  readonly folder: string
  #problems: Promise<HarnessError[]> | undefined

  constructor(change: (runtime: Runtime) => Runtime = (runtime) => runtime) {
    this.folder = mkdtempSync(join(tmpdir(), 'breakwater-self-'))
    this.run = new GuardRun({
      id: 'SELF-1',
      title: 'SELF-1 a guard of the self tests',
      seed: new Seed(71),
      folder: this.folder,
      openRuntime: async () => change(await openProcessRuntime()),
    })
  }

  start<const Count extends number>(nodes: Count): Promise<BreakableCluster<EchoClient, Count>> {
    return this.run.startCluster({ system: echo, nodes })
  }

  /** Ends the guard as the vitest door does. Twice is once. */
  close(): Promise<HarnessError[]> {
    this.#problems ??= this.run.close()
    return this.#problems
  }

  /** guard.json as it was written. */
  saved(): SavedGuard {
    return JSON.parse(readFileSync(join(this.folder, 'guard.json'), 'utf8')) as SavedGuard
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      const problems = await this.close()
      if (problems.length > 0) throw new AggregateError(problems, problems.map(({ message }) => message).join('\n'))
    } finally {
      rmSync(this.folder, { recursive: true, force: true })
    }
  }
}

/** Tests of one file that share a cluster: it starts before the first of them and is ended after the last. */
export function testOnCluster<const Count extends number>(nodes: Count) {
  return test.extend<{ $file: { bed: GuardBed; cluster: BreakableCluster<EchoClient, Count> } }>({
    bed: [
      // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from the pattern
      async ({}, use) => {
        await using bed = new GuardBed()
        await use(bed)
      },
      { scope: 'file' },
    ],
    cluster: [async ({ bed }, use) => use(await bed.start(nodes)), { scope: 'file' }],
  })
}

/** One node asks another through its door and tells the answer. */
export function dial(from: Node<EchoClient>, to: Node<EchoClient>, how: Record<string, string> = {}): Promise<string> {
  const { host, port } = to.plan.advertised
  return from.client.ask(`/dial?${new URLSearchParams({ host, port: String(port), ...how })}`)
}
