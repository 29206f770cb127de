import { budget, MiB } from '@breakwater/harness'

/** Every number that a guard asserts, once, with its unit and where it comes from. */
export const budgets = {
  healConvergence: budget('convergence after a heal', 10_000, 'ms', 'SCENARIOS REPL-3: full convergence < 10 s'),
  catchUp: budget('catch-up', 30_000, 'ms', 'ten times the slowest clean catch-up seen on 2 cores'),
  blobRepair: budget('blob repair', 20_000, 'ms', "four times the peer's longest pause between two repairs, 5 s"),
  silentReplaced: budget('silent connection replaced', 8_000, 'ms', "four times the peer's heartbeat timeout, 2 s"),
  receiveBacklogPeak: budget('receive backlog peak above ready', 24 * MiB, 'bytes', 'to be measured'),
  backlogGrowth: budget('peak at 4x the backlog above the peak at 1x', 80 * MiB, 'bytes', 'to be measured'),
  inboundQueuePeak: budget('peak above ready while the disk stands', 95 * MiB, 'bytes', 'to be measured'),
  limitedPeak: budget(
    'peak under a kernel limit of 512 MiB',
    320 * MiB,
    'bytes',
    'twice what the good build takes; receive-unbounded passes 512',
  ),
  recopy: budget('bytes carried over bytes of data', 1.5, 'ratio', 'measured: 1.14 to 1.19, and 1.9 begun anew'),
  stormSockets: budget('sockets above the count before the storm', 4, 'sockets', 'one redial under way per direction'),
  stormMemory: budget('memory above the reading before the storm', 64 * MiB, 'bytes', 'to be measured'),
}

/** What known-bad builds read where a budget judges, shown beside it. */
export const knownBadReadings = {
  receiveBacklogPeakBytes: 137 * MiB,
  inboundQueuePeakBytes: 263 * MiB,
}
