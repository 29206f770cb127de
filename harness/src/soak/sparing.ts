import type { Opening, Schedule, ScheduledFault } from '../nemesis/schedule.ts'

/** Whether the fault ends the process of its node. */
function endsProcess(fault: ScheduledFault): boolean {
  if (fault.family === 'failDisk') return fault.options.restart
  return fault.family === 'kill' || fault.family === 'powerCut'
}

/**
 * The schedule with one node spared from whatever ends its process: what leaks shows in a process that lives. Such faults meet another node,
 * and no longer whoever leads; all others stay as they were drawn.
 */
export function sparing(schedule: Schedule, spared: string): Schedule {
  const others = schedule.nodes.filter((name) => name !== spared)
  const faults = schedule.faults.flatMap((fault): ScheduledFault[] => {
    if (!endsProcess(fault)) return [fault]
    const [first = ''] = fault.targets
    const target = first === spared ? others[Number(fault.id.slice(1)) % others.length] : first
    if (target === undefined) return []
    const { aim: _leader, ...rest } = fault
    // What comes with another fault comes to that one's node, which may be the spared one by then.
    const opens = 'with' in fault.opens ? { afterMs: startOf(schedule, fault) } : atNode(fault.opens, target)
    return [{ ...rest, targets: [target], opens } as ScheduledFault]
  })
  return { ...schedule, faults }
}

/** Whoever logs a line is struck, unless the line is awaited of one node. */
function atNode(opens: Opening, node: string): Opening {
  return 'line' in opens && opens.node === undefined ? { ...opens, node } : opens
}

/** When a fault that comes with others would open at the earliest, ms after the schedule began. */
function startOf(schedule: Schedule, { opens }: ScheduledFault): number {
  if ('afterMs' in opens && !('with' in opens)) return opens.afterMs
  if (!('with' in opens)) return Math.floor(schedule.durationMs / 3)
  const first = schedule.faults.find(({ id }) => id === opens.with)
  const lastsMs = opens.once === 'healed' ? (first?.lastsMs ?? 0) : 0
  return opens.afterMs + lastsMs + (first ? startOf(schedule, first) : 0)
}
