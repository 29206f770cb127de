import { readEntry } from '../../probe/processTable.ts'
import { watchdog } from '../watchdog.ts'

/** All that Breakwater makes in an engine carries these: cleaning up asks for labels, never for names. */
export const runLabel = 'breakwater.run'
/** `<pid>:<start ticks>` of the runner: another process of the same number is not it. */
export const runnerLabel = 'breakwater.runner'
export const nodeLabel = 'breakwater.node'

export function labelsOfThisRun(): Record<string, string> {
  return { [runLabel]: watchdog.tag, [runnerLabel]: `${process.pid}:${readEntry(process.pid)?.startTicks ?? 0}` }
}

/** False for labels that are not those of a runner: what we do not know is not ours to remove. */
export function isRunnerGone(labels: Readonly<Record<string, string>> | undefined): boolean {
  const [pid, startTicks] = (labels?.[runnerLabel] ?? '').split(':').map(Number)
  if (!pid || startTicks === undefined) return false
  const entry = readEntry(pid)
  return entry === undefined || entry.startTicks !== startTicks || entry.state === 'Z'
}
