import type { Schedule, ScheduledFault } from '../nemesis/schedule.ts'

/** A plan that failed, made smaller as long as it still fails. */
export interface Shrunk {
  schedule: Schedule
  /** Smaller plans that were tried. */
  tried: number
  /** The search ended because so many plans had been tried: an even smaller one may exist. */
  gaveUp: boolean
}

/**
 * Delta debugging: first whole faults are left out, half of them at a time, then targets become narrower, then faults shorter.
 * `fails` says whether a plan still fails the same way, and may repeat it as often as it likes. Pure beside that.
 */
export async function shrink(
  schedule: Schedule,
  fails: (candidate: Schedule) => Promise<boolean>,
  { mostTries = 40 }: { mostTries?: number } = {},
): Promise<Shrunk> {
  let smallest = schedule
  let tried = 0
  const stillFails = async (faults: readonly ScheduledFault[]): Promise<boolean> => {
    if (tried >= mostTries) return false
    tried++
    const candidate = { ...smallest, faults }
    if (!(await fails(candidate))) return false
    smallest = candidate
    return true
  }
  await leaveOut(schedule.faults, stillFails)
  for (const simpler of [narrower, onTime, shorter]) {
    for (const { id } of smallest.faults) {
      for (;;) {
        const current = smallest.faults.find((fault) => fault.id === id)
        const changed = current && simpler(current, smallest)
        if (!changed) break
        if (!(await stillFails(smallest.faults.map((fault) => (fault.id === id ? changed : fault))))) break
      }
    }
  }
  return { schedule: smallest, tried, gaveUp: tried >= mostTries }
}

/** Zeller's ddmin: chunks go while the rest still fails, and become smaller when none can go. */
async function leaveOut<T>(all: readonly T[], stillFails: (rest: readonly T[]) => Promise<boolean>): Promise<void> {
  let rest = all
  // Perhaps it takes no fault at all.
  if (rest.length > 0 && (await stillFails([]))) return
  for (let chunks = 2; rest.length > 1; ) {
    const size = Math.ceil(rest.length / chunks)
    let smaller: readonly T[] | undefined
    for (let from = 0; from < rest.length && !smaller; from += size) {
      const without = [...rest.slice(0, from), ...rest.slice(from + size)]
      if (await stillFails(without)) smaller = without
    }
    if (smaller) {
      rest = smaller
      chunks = Math.max(2, chunks - 1)
    } else if (chunks >= rest.length) return
    else chunks = Math.min(rest.length, chunks * 2)
  }
}

/** A cut-off node becomes one cut link, and a cut link is cut one way only. */
function narrower(fault: ScheduledFault, { nodes }: Schedule): ScheduledFault | undefined {
  const { id, opens, lastsMs } = fault
  if (fault.family === 'isolate') {
    const other = nodes.find((name) => !fault.targets.includes(name))
    if (other === undefined) return undefined
    return { id, family: 'partition', targets: [...fault.targets, other], options: fault.options, opens, lastsMs }
  }
  if (fault.family !== 'partition') return undefined
  return { id, family: 'oneWay', targets: fault.targets, options: fault.options, opens, lastsMs }
}

/** A time is easier to follow than a trigger: this one says when a trigger would have come at the latest. */
function onTime(fault: ScheduledFault, { durationMs }: Schedule): ScheduledFault | undefined {
  return 'afterMs' in fault.opens && !('with' in fault.opens)
    ? undefined
    : { ...fault, opens: { afterMs: Math.floor(durationMs / 4) } }
}

const shortestMs = 40

function shorter(fault: ScheduledFault): ScheduledFault | undefined {
  const lastsMs = Math.floor(fault.lastsMs / 2)
  return lastsMs < shortestMs ? undefined : { ...fault, lastsMs }
}
