import type { FamilyName } from '../nemesis/schedule.ts'

/** A state worth reaching: the line that a node logs in it, and, where not every workload or fault can lead there, those that can. */
export type State =
  | RegExp
  | { readonly line: RegExp; readonly in?: readonly string[]; readonly under?: readonly FamilyName[] }

export type States = Readonly<Record<string, State>>

/** What Breakwater itself sees of a node's life, beside what the node logs: a life after the first one begins. */
export const restarted = 'restarted'

/** Each state's line. */
export function linesOf(states: States): Record<string, RegExp> {
  return Object.fromEntries(
    Object.entries(states).map(([name, state]) => [name, state instanceof RegExp ? state : state.line]),
  )
}

/** Whether the workload can lead to the state, by what the system says of it. */
export function canReach(states: States, state: string, workload: string): boolean {
  const declared = states[state]
  return declared === undefined || declared instanceof RegExp || declared.in?.includes(workload) !== false
}

/** Whether the state can be met under the fault, by what the system says of it. */
export function canMeet(states: States, state: string, family: FamilyName): boolean {
  const declared = states[state]
  return declared === undefined || declared instanceof RegExp || declared.under?.includes(family) !== false
}
