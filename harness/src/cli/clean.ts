import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { awaitReading } from '../base/awaitReading.ts'
import { HarnessError } from '../base/errors.ts'
import { shownText } from '../base/shownText.ts'
import { readEntry } from '../probe/processTable.ts'
import { type Kept, keptFolder } from '../run/keep.ts'
import { exitCodes } from './exitCodes.ts'

/** Ends every kept cluster of this project, removes its folders, and all that dead runners left in the container engine. */
export async function clean(): Promise<number> {
  const files = existsSync(keptFolder) ? readdirSync(keptFolder) : []
  for (const file of files) {
    const path = join(keptFolder, file)
    const kept = JSON.parse(readFileSync(path, 'utf8')) as Kept
    const alive = kept.groups.filter(isAlive)
    for (const { groupId } of alive) process.kill(-groupId, 'SIGKILL')
    await awaitReading({
      what: `the kept processes of ${kept.guard} to end`,
      budget: 5_000,
      probe: () => alive.filter(isAlive).length,
      until: (left) => left === 0,
    })
    const { containers = [] } = kept
    if (containers.length > 0) await (await leftoversOfEngine()).removeContainers(containers)
    for (const folder of kept.folders) await rm(folder, { recursive: true, force: true })
    await rm(path)
    process.stdout.write(
      `${kept.guard}: ended ${alive.length + containers.length} processes, removed ${kept.folders.length} folders\n`,
    )
  }
  if (files.length === 0) process.stdout.write('nothing is kept\n')
  await cleanEngine()
  return exitCodes.passed
}

/** A machine without an engine has nothing to clean there; an engine that cannot be asked is told about. */
async function cleanEngine(): Promise<void> {
  try {
    for (const removed of await (await leftoversOfEngine()).removeLeftovers())
      process.stdout.write(`removed ${removed}\n`)
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error
    if (error.code !== 'DOCKER_MISSING')
      process.stdout.write(`containers were not cleaned: ${shownText(error.message)}\n`)
  }
}

/** The library for containers costs 300 ms. */
function leftoversOfEngine() {
  return import('../runtime/container/leftovers.ts')
}

function isAlive(group: { groupId: number; startTicks: number }): boolean {
  const entry = readEntry(group.groupId)
  return entry !== undefined && entry.startTicks === group.startTicks && entry.state !== 'Z'
}
