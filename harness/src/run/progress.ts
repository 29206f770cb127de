import { appendFileSync } from 'node:fs'

/** One line of live progress: what a guard is doing right now. */
export interface ProgressLine {
  atMs: number
  guard: string
  text: string
  /** The guard has ended what it started and written down what it saw, because the run was interrupted. */
  isClosed?: true
}

/** The file that a runner reads progress from while tests run in other processes. Unset: nobody is watching. */
export const progressVariable = 'BREAKWATER_PROGRESS'

export function tellProgress(guard: string, text: string, env = process.env): void {
  tell({ atMs: Date.now(), guard, text }, env)
}

export function tellClosed(guard: string, env = process.env): void {
  tell({ atMs: Date.now(), guard, text: 'ended, because the run was interrupted', isClosed: true }, env)
}

/** Whoever watches sees less where the disk is full; what is watched goes on, and fails by what it needs. */
function tell(line: ProgressLine, env: NodeJS.ProcessEnv): void {
  const path = env[progressVariable]
  if (!path) return
  try {
    appendFileSync(path, `${JSON.stringify(line)}\n`)
  } catch (error) {
    if (!diskIsFull.has((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/** EFBIG: the limit of this process. */
const diskIsFull = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])
