import { HarnessError, messageOf } from '../base/errors.ts'
import type { Canary } from '../probe/canary.ts'
import { hostTrouble } from '../probe/hostTrouble.ts'
import { isWait } from '../run/hostWhileWaiting.ts'

/** What kept a run from saying anything of its system: a control channel that did not answer, a cluster that never started, a host that stalled. */
export interface Trouble {
  /** What went on: `start`, `fault`, `liveness` … */
  by: string
  message: string
  /** What the host was doing, if it was that. */
  host?: string
}

/**
 * The trouble that an error was, if it says nothing of the system. A fault that could not be opened or healed is the harness's own, and so is
 * a first start that takes too long: nothing was broken yet. Any other wait in vain is news of the system, unless the host was starved
 * meanwhile.
 */
export async function troubleOf(
  { by, error, atMs }: { by: string; error: unknown; atMs: number },
  host: Canary | undefined,
): Promise<Trouble | undefined> {
  const trouble: Trouble = { by, message: messageOf(error) }
  if (error instanceof HarnessError && error.code === 'FAULT_FAILED') return trouble
  if (!(error instanceof HarnessError && isWait(error))) return undefined
  const reading = await host?.between(atMs - (error.waitedMs ?? 0), atMs)
  const why = reading && hostTrouble(reading)
  if (why !== undefined) return { ...trouble, host: why }
  return by === 'start' ? trouble : undefined
}
