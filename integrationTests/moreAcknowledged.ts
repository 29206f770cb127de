import { awaitReading } from '@breakwater/harness'
import { budgets } from './budgets.ts'

/** Waits until so many more writes are acknowledged than were at the call. */
export async function moreAcknowledged(
  count: number,
  acknowledged: () => number,
  budget = budgets.failover,
): Promise<void> {
  const least = acknowledged() + count
  await awaitReading({
    what: `${count} more writes to be acknowledged`,
    budget,
    probe: acknowledged,
    until: (reached) => reached >= least,
    everyMs: 2,
  })
}
