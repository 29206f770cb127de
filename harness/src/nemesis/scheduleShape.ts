import {
  anything,
  count,
  fields,
  flag,
  list,
  number,
  oneOf,
  only,
  record,
  type Shape,
  ShapeError,
  text,
} from '../base/shape.ts'
import { families } from './faultFamily.ts'
import { objectStoreOperations } from './objectStoreCall.ts'
import type { FamilyName, Opening, Schedule, ScheduledFault } from './schedule.ts'

/** No run of an exploration comes near it, and it keeps timers within what they can wait. */
const longestMs = 3_600_000
const mostFaults = 1_000

const ms = number({ least: 0, most: longestMs })
const offset = number({ least: -1e13, most: 1e13 })
const rate = number({ least: 1, most: 1e12 })
const nodeName = text({ longest: 20, pattern: /^n[1-9]\d*$/ })
const faultId = text({ longest: 20, pattern: /^f\d+$/ })
const nothing = only(fields({}))
const how = only(fields({}, { how: oneOf('hold', 'drop') }))

const options: { readonly [Name in FamilyName]: Shape<unknown> } = {
  kill: nothing,
  powerCut: only(fields({}, { torn: oneOf('prefix', 'zeros', 'garbage') })),
  pause: nothing,
  partition: how,
  oneWay: how,
  isolate: how,
  slow: only(fields({}, { delayMs: ms, jitterMs: ms, bytesPerSecond: rate, closeDelayMs: ms, oneWay: flag })),
  reset: nothing,
  silence: nothing,
  // What a rule may say is for the preload of the node to refuse.
  failDisk: only(fields({ rule: record(anything, { most: 20 }), restart: flag })),
  damageFile: only(
    fields(
      { how: oneOf('bitFlip', 'garbage', 'zeros') },
      { bytes: number({ least: 1, most: 1e9, whole: true }), pathPattern: text({ longest: 200 }) },
    ),
  ),
  // Which of them belong together is for the fault to refuse.
  skewClock: only(fields({}, { offsetMs: offset, standsStill: flag, strobeMs: offset, everyMs: ms })),
  delayTimers: only(fields({ ms }, { fromMs: ms, toMs: ms })),
  starve: only(fields({ cpuRatio: number({ least: 0, most: 1 }) }, { periodMs: ms })),
  firewall: only(
    fields({}, { oneWay: flag, lossRatio: number({ least: 0, most: 1 }), bytesPerSecond: rate, reject: flag }),
  ),
  disconnect: nothing,
  failObjectStore: only(
    fields(
      {
        effect: only(
          fields(
            { type: oneOf('slowDown', 'internalError', 'timeout', 'cut', 'loseAnswer', 'slowRead') },
            { afterBytes: count, bytesPerSecond: rate },
          ),
        ),
      },
      {
        operations: list(oneOf(...objectStoreOperations), { most: 100 }),
        every: number({ least: 1, most: 1e6, whole: true }),
      },
    ),
  ),
  objectStoreOutage: only(fields({}, { how: oneOf('reset', 'silence') })),
}

const openings: readonly (readonly [name: string, shape: Shape<unknown>])[] = [
  ['with', only(fields({ with: faultId, afterMs: ms }, { once: oneOf('healed') }))],
  ['afterMs', only(fields({ afterMs: ms }))],
  ['acknowledged', only(fields({ acknowledged: count }, { latestMs: ms }))],
  ['bytes', only(fields({ bytes: count, from: nodeName, to: nodeName }, { latestMs: ms }))],
  [
    'line',
    only(
      fields({ line: text() }, { node: nodeName, times: number({ least: 1, most: 1e6, whole: true }), latestMs: ms }),
    ),
  ],
]

const opening: Shape<Opening> = (value, at) => {
  const known = openings.find(([name]) => value !== null && typeof value === 'object' && Object.hasOwn(value, name))
  if (!known) throw new ShapeError(`${at} does not say when the fault opens`)
  return known[1](value, at) as Opening
}

const fault: Shape<ScheduledFault> = (value, at) => {
  const { family } = fields({ family: oneOf(...(Object.keys(families) as FamilyName[])) })(value, at)
  const taken = only(
    fields(
      {
        id: faultId,
        family: oneOf(family),
        targets: list(nodeName, { most: 2 }),
        options: options[family],
        opens: opening,
        lastsMs: ms,
      },
      { aim: oneOf('leader') },
    ),
  )(value, at)
  if (taken.targets.length !== families[family].targets || new Set(taken.targets).size !== taken.targets.length) {
    throw new ShapeError(`${at}.targets must be ${families[family].targets} of the nodes`)
  }
  return taken as ScheduledFault
}

/** A schedule as it was drawn or shrunk: of nodes n1 … and faults that this Breakwater knows, and nothing else. */
export const scheduleShape: Shape<Schedule> = (value, at) => {
  const taken = only(
    fields(
      {
        version: oneOf(1),
        seed: number({ least: 0, most: 0xffffffff, whole: true }),
        nodes: list(nodeName, { most: 100 }),
        durationMs: number({ least: 1, most: longestMs }),
        faults: list(fault, { most: mostFaults }),
      },
      { operations: number({ least: 1, most: 1e9, whole: true }) },
    ),
  )(value, at)
  const ids = new Set(taken.faults.map(({ id }) => id))
  if (ids.size < taken.faults.length) throw new ShapeError(`${at}.faults has two of one id`)
  for (const [index, { targets, opens }] of taken.faults.entries()) {
    const named = [...targets, ...namesIn(opens)]
    const stranger = named.find((name) => !taken.nodes.includes(name))
    if (stranger !== undefined) throw new ShapeError(`${at}.faults[${index}] names ${stranger}, which is no node of it`)
  }
  return taken
}

function namesIn(opens: Opening): string[] {
  if ('bytes' in opens) return [opens.from, opens.to]
  return 'line' in opens && opens.node !== undefined ? [opens.node] : []
}
