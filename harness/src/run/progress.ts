import { appendFileSync } from 'node:fs'

/** One line of live progress: what a guard is doing right now. */
export interface ProgressLine {
  atMs: number
  guard: string
  text: string
}

/** The file that a runner reads progress from while tests run in other processes. Unset: nobody is watching. */
export const progressVariable = 'BREAKWATER_PROGRESS'

export function tellProgress(guard: string, text: string, env = process.env): void {
  const path = env[progressVariable]
  if (!path) return
  const line: ProgressLine = { atMs: Date.now(), guard, text }
  appendFileSync(path, `${JSON.stringify(line)}\n`)
}
