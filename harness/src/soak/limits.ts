import { budget } from '../base/budget.ts'
import { MiB } from '../base/units.ts'

/** What the shape of a soak is judged by. */
export const soakLimits = {
  leakPerHour: budget('memory kept for ever, an hour', 100 * MiB, 'bytes', 'issue 6: leak above 100 MB/h'),
  growthRatio: budget('growth of memory after the warm-up', 0.1, 'ratio', 'issue 6: growth below 10 %'),
  /** A small process grows by a tenth when it compiles one more function. */
  leastGrowthBytes: budget(
    'growth that is none',
    8 * MiB,
    'bytes',
    "what V8's own tables grew by in clean soaks of 10 minutes",
  ),
  unservedRatio: budget(
    'part of what is offered that is not served',
    0.05,
    'ratio',
    'STREAM-4: throughput varies below 5 %',
  ),
  errorRatio: budget(
    'operations that fail while no fault is open',
    0.0001,
    'ratio',
    'issue 6: error rate below 0.01 %',
  ),
  moreHandles: budget(
    'files and sockets more after the warm-up',
    24,
    'sockets',
    'pools that fill: up to 12 in clean soaks',
  ),
  calmGapMs: budget(
    'longest time without an acknowledgement while no fault is open',
    2_000,
    'ms',
    'ten heartbeats of a slow node',
  ),
  /** What the kernel takes for the disk alone. What others have above it slows everybody else down. */
  ordinaryForeignRatio: budget("part of the machine that is nobody's", 0.1, 'ratio', 'measured on idle machines'),
} as const

/** Of all that is claimed of a soak, one in a hundred is red by chance at most. */
export const alpha = 0.01
