import type { Random } from '../base/seed.ts'
import type { Capability } from '../runtime/runtime.ts'
import type { FamilyName, FamilyOptions } from './schedule.ts'

/** How one family of faults is drawn. */
interface Family<Name extends FamilyName> {
  /** How often it is drawn beside the others, unless the system says otherwise. */
  weight: number
  /** Nodes that it concerns. */
  targets: 1 | 2
  /** Shortest and longest, ms. */
  lastsMs: readonly [number, number]
  /** What it does to the process of its node: two of one such kind at a time on one node make no sense. */
  holds?: 'process' | 'disk' | 'clock' | 'timers' | 'cable'
  needs?: { capability?: Capability; ability?: 'speaksS3'; option?: 'powerCuts' }
  options(random: Random): FamilyOptions[Name]
}

const none = () => ({})
const stalledOrLost = (random: Random) => ({ how: random.chance(0.7) ? ('hold' as const) : ('drop' as const) })

export const families: { readonly [Name in FamilyName]: Family<Name> } = {
  kill: { weight: 4, targets: 1, lastsMs: [20, 900], holds: 'process', options: none },
  powerCut: {
    weight: 4,
    targets: 1,
    lastsMs: [20, 900],
    holds: 'process',
    needs: { capability: 'faultPreload', option: 'powerCuts' },
    options: (random) => random.pick([{}, {}, { torn: 'zeros' }, { torn: 'garbage' }]),
  },
  pause: {
    weight: 3,
    targets: 1,
    lastsMs: [50, 1_400],
    holds: 'process',
    needs: { capability: 'pause' },
    options: none,
  },
  partition: { weight: 3, targets: 2, lastsMs: [100, 1_500], options: stalledOrLost },
  oneWay: { weight: 2, targets: 2, lastsMs: [100, 1_500], options: stalledOrLost },
  isolate: { weight: 3, targets: 1, lastsMs: [200, 1_800], options: stalledOrLost },
  slow: { weight: 2, targets: 2, lastsMs: [200, 1_500], options: slowness },
  reset: { weight: 2, targets: 2, lastsMs: [10, 300], options: none },
  silence: { weight: 1, targets: 2, lastsMs: [100, 1_200], options: none },
  failDisk: {
    weight: 3,
    targets: 1,
    lastsMs: [100, 900],
    holds: 'disk',
    needs: { capability: 'faultPreload' },
    options: diskTrouble,
  },
  // Most systems do not promise to notice: whoever explores one that does gives it a weight.
  damageFile: {
    weight: 0,
    targets: 1,
    lastsMs: [100, 900],
    holds: 'disk',
    options: (random) => random.pick([{ how: 'bitFlip' }, { how: 'bitFlip' }, { how: 'garbage' }, { how: 'zeros' }]),
  },
  skewClock: {
    weight: 2,
    targets: 1,
    lastsMs: [200, 1_800],
    holds: 'clock',
    needs: { capability: 'clockOffset' },
    options: clockBend,
  },
  delayTimers: {
    weight: 1,
    targets: 1,
    lastsMs: [300, 1_800],
    holds: 'timers',
    needs: { capability: 'faultPreload' },
    options: (random) => ({ ms: random.pick([50, 300, 1_200]), fromMs: random.pick([0, 20]) }),
  },
  starve: {
    weight: 1,
    targets: 1,
    lastsMs: [200, 1_500],
    holds: 'process',
    needs: { capability: 'pause' },
    options: (random) => ({ cpuRatio: random.pick([0.1, 0.2, 0.4]), periodMs: random.pick([50, 100, 200]) }),
  },
  firewall: {
    weight: 2,
    targets: 2,
    lastsMs: [200, 1_200],
    needs: { capability: 'firewall' },
    options: (random) => random.pick([{}, { oneWay: true }, { lossRatio: 0.3 }, { reject: true }]),
  },
  disconnect: {
    weight: 1,
    targets: 1,
    lastsMs: [200, 1_200],
    holds: 'cable',
    needs: { capability: 'firewall' },
    options: none,
  },
  failObjectStore: {
    weight: 4,
    targets: 1,
    lastsMs: [100, 1_500],
    needs: { ability: 'speaksS3' },
    options: (random) => ({
      effect: { type: random.pick(['slowDown', 'internalError', 'timeout', 'cut', 'loseAnswer'] as const) },
      every: random.integer(1, 5),
    }),
  },
  objectStoreOutage: {
    weight: 2,
    targets: 1,
    lastsMs: [200, 1_500],
    needs: { ability: 'speaksS3' },
    options: (random) => ({ how: random.pick(['reset', 'silence'] as const) }),
  },
}

function clockBend(random: Random): FamilyOptions['skewClock'] {
  const kind = random.pick(['offset', 'offset', 'standsStill', 'strobe'] as const)
  if (kind === 'standsStill') return { standsStill: true as const }
  const ms = random.pick([-60_000, -2_000, -200, 200, 2_000, 60_000])
  return kind === 'offset' ? { offsetMs: ms } : { strobeMs: ms, everyMs: random.pick([10, 50, 200]) }
}

function slowness(random: Random) {
  const oneWay = random.chance(0.5)
  if (random.chance(0.3)) return { bytesPerSecond: random.pick([4_000, 20_000, 100_000]), oneWay }
  const delayMs = random.pick([5, 20, 80, 200])
  return { delayMs, jitterMs: Math.floor(delayMs / 2), oneWay }
}

const syncTroubles = ['slowSync', 'stillSync', 'failSync'] as const
const readTroubles = ['failRead', 'shortRead'] as const
/** Not the program itself, which a thread that is started late reads too. */
const data = '^(?!.*\\.(?:[cm]?[jt]s|json|node|wasm)$)'

function diskTrouble(random: Random): FamilyOptions['failDisk'] {
  const kind = random.pick([...syncTroubles, ...readTroubles, 'fullDisk', 'fullForAWhile'] as const)
  if (kind === 'slowSync') {
    const effect = { type: 'delay', ms: random.pick([5, 20, 80]) } as const
    return { rule: { operations: ['sync'], effect }, restart: false }
  }
  if (kind === 'stillSync') return { rule: { operations: ['sync'], effect: { type: 'hold' } }, restart: false }
  // What was refused to read is there to be read after the heal, so nothing has to be started anew.
  if (kind === 'failRead') {
    const effect = { type: 'fail', code: 'EIO' } as const
    return { rule: { operations: ['read'], pathPattern: data, every: random.integer(1, 3), effect }, restart: false }
  }
  if (kind === 'shortRead') {
    const effect = { type: 'truncate', bytes: random.pick([1, 16, 512]) } as const
    return { rule: { operations: ['read'], pathPattern: data, every: random.integer(2, 3), effect }, restart: false }
  }
  if (kind === 'fullForAWhile') {
    const effect = { type: 'fail', code: 'ENOSPC' } as const
    return { rule: { operations: ['write', 'mkdir'], effect }, restart: true }
  }
  const [operation, code] = kind === 'failSync' ? (['sync', 'EIO'] as const) : (['write', 'ENOSPC'] as const)
  const effect = { type: 'fail', code } as const
  return { rule: { operations: [operation], every: random.integer(1, 3), effect }, restart: true }
}
