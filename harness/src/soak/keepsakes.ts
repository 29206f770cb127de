import { createHash } from 'node:crypto'
import type { ExploredWorkload, SoakedWindow, Stage } from '../explore/exploration.ts'
import { slots } from './windowPlan.ts'

type Stages<Client> = readonly { workload: ExploredWorkload<Client>; stage: Stage<Client> }[]

interface Keepsake {
  window: SoakedWindow
  /** By workload and part, a digest of what the window left. */
  parts: Map<string, string>
}

/** What the last windows left behind: it must still be there in the windows after them, until one of the same slot writes over it. */
export class Keepsakes {
  readonly #kept: Keepsake[] = []

  /** Looks for what earlier windows left, and takes note of what this one did. A sentence for each part that is not as it was. */
  async look<Client>(stages: Stages<Client>): Promise<{ kept: number[]; lost: string[] }> {
    const window = stages[0]?.stage.window
    if (!window) return { kept: [], lost: [] }
    while (this.#kept.length > 0 && (this.#kept[0]?.window.number ?? 0) <= window.number - slots) this.#kept.shift()
    const kept: number[] = []
    const lost: string[] = []
    for (const keepsake of this.#kept) {
      const now = await partsOf(stages, keepsake.window)
      const changed = [...keepsake.parts].filter(([part, digest]) => now.get(part) !== digest).map(([part]) => part)
      if (changed.length === 0) kept.push(keepsake.window.number)
      else lost.push(`what window ${keepsake.window.number} left in ${changed.join(', ')} is not there as it was`)
    }
    const parts = await partsOf(stages, window)
    if (parts.size > 0) this.#kept.push({ window, parts })
    return { kept, lost }
  }
}

async function partsOf<Client>(stages: Stages<Client>, window: SoakedWindow): Promise<Map<string, string>> {
  const parts = new Map<string, string>()
  for (const { workload, stage } of stages) {
    const left = (await workload.left?.({ ...stage, window })) ?? {}
    for (const [part, text] of Object.entries(left)) parts.set(part, createHash('sha256').update(text).digest('hex'))
  }
  return parts
}
