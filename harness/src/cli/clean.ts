import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { awaitReading } from '../base/awaitReading.ts'
import { readEntry } from '../probe/processTable.ts'
import { type Kept, keptFolder } from '../run/keep.ts'
import { exitCodes } from './exitCodes.ts'

/** Ends every kept cluster of this project and removes its folders. */
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
    for (const folder of kept.folders) await rm(folder, { recursive: true, force: true })
    await rm(path)
    process.stdout.write(`${kept.guard}: ended ${alive.length} processes, removed ${kept.folders.length} folders\n`)
  }
  if (files.length === 0) process.stdout.write('nothing is kept\n')
  return exitCodes.passed
}

function isAlive(group: { groupId: number; startTicks: number }): boolean {
  const entry = readEntry(group.groupId)
  return entry !== undefined && entry.startTicks === group.startTicks && entry.state !== 'Z'
}
