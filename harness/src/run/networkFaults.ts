import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { NetworkBackend } from '../base/fault.ts'
import { readJsonArtifact } from './artifact.ts'
import type { SavedGuard } from './runRecord.ts'

/** How many faults of the network each backend carried out, over all guards of the run in this folder. */
export function countNetworkFaults(runFolder: string): Partial<Record<NetworkBackend, number>> {
  const counts: Partial<Record<NetworkBackend, number>> = {}
  for (const name of readdirSync(runFolder)) {
    const file = join(runFolder, name, 'guard.json')
    if (!existsSync(file)) continue // a guard that was not run, or died
    const { faults } = readJsonArtifact(file) as Partial<SavedGuard>
    for (const { backend } of faults ?? []) if (backend) counts[backend] = (counts[backend] ?? 0) + 1
  }
  return counts
}
