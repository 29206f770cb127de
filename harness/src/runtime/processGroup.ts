import { awaitReading } from '../base/awaitReading.ts'
import { HarnessError } from '../base/errors.ts'
import { type ProcessEntry, readProcessTable, readProcFile, readThreadStates } from '../probe/processTable.ts'

/** A group of processes by its leader. The start time tells it from a later group of the same number. */
export interface ProcessGroup {
  groupId: number
  startTicks: number
}

const freezeBudgetMs = 2_000

/** The kernel gives back the memory of a killed process first: about 0.3 s for each GB, more when the machine is busy. */
export const killBudgetMs = 10_000

/**
 * The living members of the groups; zombies do not count. The kernel gives a number away again only when the whole group is
 * gone: a leader with another start time means that nothing of ours is left.
 */
export function membersOf(groups: readonly ProcessGroup[]): ProcessEntry[] {
  const startTicks = new Map(groups.map((group) => [group.groupId, group.startTicks]))
  const table = readProcessTable().filter((entry) => startTicks.has(entry.groupId))
  const reused = new Set(
    table
      .filter((entry) => entry.pid === entry.groupId && entry.startTicks !== startTicks.get(entry.groupId))
      .map((entry) => entry.groupId),
  )
  return table.filter((entry) => !reused.has(entry.groupId) && entry.state !== 'Z' && entry.state !== 'X')
}

/** False when the group has no process left to take the signal. */
export function signalGroup(groupId: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-groupId, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/** SIGKILL to whatever still lives of the groups, until nothing does. Throws LEFT_BEHIND after 10 000 ms. */
export async function sweepGroups(groups: readonly ProcessGroup[]): Promise<void> {
  let left: ProcessEntry[] = []
  try {
    await awaitReading({
      what: 'killed processes to be gone',
      budget: killBudgetMs,
      probe: () => {
        left = membersOf(groups)
        for (const groupId of new Set(left.map((entry) => entry.groupId))) signalGroup(groupId, 'SIGKILL')
        return left.length
      },
      until: (count) => count === 0,
      everyMs: 2,
    })
  } catch (cause) {
    throw new HarnessError('LEFT_BEHIND', `${describeProcesses(left)} did not end on SIGKILL.`, { cause })
  }
}

/** "1234 (node main.ts), 1240 (sleep 60)" */
export function describeProcesses(entries: readonly ProcessEntry[]): string {
  const described = entries.map((entry) => {
    const words = readProcFile(`/proc/${entry.pid}/cmdline`)?.replaceAll('\0', ' ').trim() || entry.command
    return `${entry.pid} (${words.length > 80 ? `${words.slice(0, 80)}…` : words})`
  })
  return described.join(', ')
}

/** Waits until every thread of the group stands still, or until none does. Returns how many processes are in the group. */
export async function awaitFrozen(group: ProcessGroup, frozen: boolean): Promise<number> {
  let memberCount = 0
  await awaitReading({
    what: `process group ${group.groupId} to ${frozen ? 'stand still' : 'run on'}`,
    budget: freezeBudgetMs,
    probe: () => {
      const members = membersOf([group])
      memberCount = members.length
      return members.flatMap((entry) => readThreadStates(entry.pid))
    },
    until: (states) => states.every((state) => /[ZX]/.test(state) || (state === 'T') === frozen),
    describe: (states) => `thread states ${states.join('')}`,
    everyMs: 1,
  })
  return memberCount
}
