import { closeSync, mkdtempSync, openSync, rmSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MiB } from '../base/units.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { heldBack, holdingsOf } from './aftermath.ts'

let folder: string
let open: number[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-aftermath-'))
  open = []
})
afterEach(() => {
  for (const descriptor of open) closeSync(descriptor)
  rmSync(folder, { recursive: true, force: true })
})

/** A node that is this process, and keeps as much in memory as it is told. */
function bed(kept: { bytes: number | undefined } = { bytes: undefined }) {
  const control = {
    retainedBytes: async () => {
      if (kept.bytes === undefined) throw new Error('no preload')
      return kept.bytes
    },
  }
  const node = { name: 'n1', running: true, life: { pid: process.pid }, control }
  return { nodes: [node] } as unknown as Cluster<never>
}

const openOne = (name: string) => {
  const path = join(folder, name)
  open.push(openSync(path, 'w'))
  return path
}
const few = { files: 2, removedFiles: 0, sockets: 100, retainedBytes: MiB }
const judge = async (cluster: Cluster<never>, before: Awaited<ReturnType<typeof holdingsOf>>, ms = 60) =>
  (await heldBack(cluster, before, few, ms)).found

test('a node that holds what it held before, and a little more, holds nothing back', async () => {
  const cluster = bed({ bytes: MiB })
  const before = await holdingsOf(cluster)
  openOne('one')
  expect(await judge(cluster, before)).toEqual([])
})

test('a file that was removed and is open still is told by its name, and one that was so before is not', async () => {
  const cluster = bed()
  unlinkSync(openOne('before'))
  const before = await holdingsOf(cluster)
  expect(await judge(cluster, before)).toEqual([])
  unlinkSync(openOne('leaked'))
  expect(await judge(cluster, before)).toEqual([
    expect.stringMatching(/^n1 has \d+ files open that were removed \(.*leaked\)$/),
  ])
})

test('more files than are its own are told, unless they are closed in time', async () => {
  const cluster = bed()
  const before = await holdingsOf(cluster)
  for (const name of ['one', 'two', 'three', 'four']) openOne(name)
  expect(await judge(cluster, before)).toEqual([expect.stringMatching(/^n1 has \d+ files open, \d+ before the faults/)])
  const judged = judge(cluster, before, 10_000)
  for (const descriptor of open.splice(0)) closeSync(descriptor)
  expect(await judged).toEqual([])
})

test('more memory than is its own is told; of a node without a preload nothing is known', async () => {
  const kept = { bytes: 10 * MiB }
  const cluster = bed(kept)
  const before = await holdingsOf(cluster)
  kept.bytes = 12 * MiB
  expect(await judge(cluster, before)).toEqual([expect.stringMatching(/^n1 keeps 2.* more in memory than before/)])
  expect(await judge(bed(), before)).toEqual([])
})

test('what was looked at is told', async () => {
  const cluster = bed({ bytes: MiB })
  const { held } = await heldBack(cluster, await holdingsOf(cluster), few, 60)
  expect(held).toMatch(/^n1 \d+ files \(0 removed\), \d+ sockets, 1.* kept before the faults, \d+ files .* now$/)
})
