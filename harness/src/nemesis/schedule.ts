import type { DiskRule } from './callRules.ts'
import type { DamageOptions } from './damageFile.ts'
import type { LateTimers } from './delayTimers.ts'
import type { FirewallOptions } from './firewall.ts'
import type { OutageOptions } from './objectStore.ts'
import type { ObjectStoreOperation } from './objectStoreCall.ts'
import type { ObjectStoreEffect } from './objectStoreRule.ts'
import type { PartitionOptions } from './partition.ts'
import type { PowerCutOptions } from './powerCut.ts'
import type { ClockBend } from './skewClock.ts'
import type { SlowOptions } from './slow.ts'
import type { Starving } from './starve.ts'

/** What each family of faults is told beside its targets: plain data, so that a schedule is JSON. */
export interface FamilyOptions {
  kill: Record<string, never>
  powerCut: PowerCutOptions
  pause: Record<string, never>
  partition: Pick<PartitionOptions, 'how'>
  oneWay: Pick<PartitionOptions, 'how'>
  isolate: Pick<PartitionOptions, 'how'>
  slow: SlowOptions
  reset: Record<string, never>
  silence: Record<string, never>
  /** `restart`: the node may refuse work after such a failure until it is started anew, so the heal does that. */
  failDisk: { rule: DiskRule; restart: boolean }
  damageFile: DamageOptions
  skewClock: ClockBend
  delayTimers: LateTimers
  starve: Starving
  firewall: FirewallOptions
  disconnect: Record<string, never>
  failObjectStore: { effect: ObjectStoreEffect; operations?: readonly ObjectStoreOperation[]; every?: number }
  objectStoreOutage: OutageOptions
}

export type FamilyName = keyof FamilyOptions

/** A trigger that has not come by this time of the schedule has come: a fault that never opens is none. */
interface Latest {
  latestMs?: number
}

/** When a fault opens: so long after the schedule began, or once something was seen. Counts are from the schedule's begin. */
export type Opening =
  | { afterMs: number }
  | ({ acknowledged: number } & Latest)
  | ({ bytes: number; from: string; to: string } & Latest)
  /**
   * The so-many-th (first, unless told) such line of the node. Of any node when none is named: then whoever logged it takes the
   * place of the first target.
   */
  | ({ line: string; node?: string; times?: number } & Latest)
  /**
   * So long after another fault has opened (of a kill: began to, so that nodes can go down together): troubles that come together.
   * If that one took another first target than was drawn, the two change places here as well. `once: 'healed'`: so long after it was
   * healed, which is, of a kill, after its node served again: troubles that follow one another.
   */
  | { with: string; afterMs: number; once?: 'healed' }

interface Scheduled<Family extends FamilyName> {
  /** f1, f2 … in the order they were drawn; a smaller plan keeps them. */
  id: string
  family: Family
  /** Names of nodes; for what lies between two, the first is where the bytes come from. */
  targets: readonly string[]
  /** The first target is whichever node leads when the fault opens; the named one if none is known to. */
  aim?: 'leader'
  options: FamilyOptions[Family]
  opens: Opening
  lastsMs: number
}

export type ScheduledFault = { [Family in FamilyName]: Scheduled<Family> }[FamilyName]

/**
 * What goes wrong and when, as data. Once `durationMs` have passed, everything is healed, whatever it was meant to last. Its time is
 * that of the wall where clients get `operations` acknowledged meanwhile, and slower where they do not (`run/scheduleClock.ts`).
 */
export interface Schedule {
  version: 1
  seed: number
  nodes: readonly string[]
  durationMs: number
  /** Absent: the time is that of the wall. */
  operations?: number
  faults: readonly ScheduledFault[]
}

/** "f3 isolate n2 (hold) after 420 ms for 900 ms" */
export function describeScheduled(fault: ScheduledFault): string {
  const options = Object.entries(fault.options).map(([name, value]) => `${name} ${wordsOf(value)}`)
  const told = options.length > 0 ? ` (${options.join(', ')})` : ''
  const aim = fault.aim === undefined ? '' : ` (or the ${fault.aim})`
  return `${fault.id} ${fault.family} ${fault.targets.join(' ')}${aim}${told} ${describeOpening(fault.opens)} for ${fault.lastsMs} ms`
}

function wordsOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value).replaceAll('"', '') : String(value)
}

function describeOpening(opens: Opening): string {
  if ('with' in opens) return `${opens.afterMs} ms ${opens.once ? `after the heal of` : 'into'} ${opens.with}`
  if ('afterMs' in opens) return `after ${opens.afterMs} ms`
  const latest = opens.latestMs === undefined ? '' : ` or after ${opens.latestMs} ms`
  return `${describeTrigger(opens)}${latest}`
}

function describeTrigger(opens: Exclude<Opening, { afterMs: number }>): string {
  if ('acknowledged' in opens) return `after ${opens.acknowledged} acknowledged operations`
  if ('bytes' in opens) return `after ${opens.bytes} bytes from ${opens.from} to ${opens.to}`
  const times = opens.times === undefined || opens.times === 1 ? '' : ` for the ${ordinal(opens.times)} time`
  return `when ${opens.node ?? 'any node (then at that one)'} logs "${opens.line}"${times}`
}

const ordinals = new Intl.PluralRules('en', { type: 'ordinal' })
const endings: Partial<Record<Intl.LDMLPluralRule, string>> = { one: 'st', two: 'nd', few: 'rd' }

function ordinal(count: number): string {
  return `${count}${endings[ordinals.select(count)] ?? 'th'}`
}
