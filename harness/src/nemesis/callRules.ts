import { HarnessError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'

/** Which of a node's own calls fail, and how: what the preload inside it is told. fixtures/faults/README.md says more. */
const diskOperations = [
  ...(['open', 'openRead', 'openWrite', 'read', 'write', 'sync', 'close', 'truncate', 'rename', 'unlink'] as const),
  ...(['mkdir', 'rmdir', 'readdir', 'stat', 'access', 'link', 'copy'] as const),
]
export type DiskOperation = (typeof diskOperations)[number]

interface Choice {
  /** Every Nth one. */
  readonly every?: number
  /** These ones, counted from 1. */
  readonly calls?: readonly number[]
  /** At most so many. */
  readonly limit?: number
}

export interface DiskRule extends Choice {
  readonly operations: readonly DiskOperation[]
  readonly effect:
    | { readonly type: 'fail'; readonly code: string }
    | { readonly type: 'delay'; readonly ms: number }
    | { readonly type: 'truncate'; readonly bytes: number }
    | { readonly type: 'hold' }
    /**
     * A sync fails with EIO and gives up what it should have covered, as Linux does: it can be read, no later sync brings it to the
     * disk, and the next cut of the power takes it. The node's cluster needs `powerCuts`.
     */
    | { readonly type: 'dropDirty' }
  readonly pathIncludes?: string
  /** Source of a regular expression. */
  readonly pathPattern?: string
  /** A failure is reported only after so long. */
  readonly afterMs?: number
  /** The fault's `failedPaths()` then names what it failed. Only with the effect `fail`. */
  readonly tellPaths?: boolean
  /** What is counted: calls (the default), or files: all matching calls of a chosen file are then affected. */
  readonly per?: 'call' | 'file'
}

/** Choice counts connections here. */
export interface NetworkRule extends Choice {
  readonly effect:
    | { readonly type: 'refuse' }
    | { readonly type: 'resetAfterBytes'; readonly bytes: number }
    | { readonly type: 'delay'; readonly ms: number }
  /** As the program dials it: names are not resolved. */
  readonly host?: string
  readonly port?: number
  /** `refuse` also resets the open connections that match, as a pool would hide it; true leaves them. */
  readonly keepOpen?: boolean
}

export interface CallRules {
  fs: DiskRule
  net: NetworkRule
}

const choices = ['every', 'calls', 'limit']
const known = {
  fs: {
    what: 'failDisk',
    properties: ['operations', 'effect', 'pathIncludes', 'pathPattern', 'afterMs', 'per', 'tellPaths', ...choices],
    effects: { fail: ['code'], delay: ['ms'], truncate: ['bytes'], hold: [], dropDirty: [] },
  },
  net: {
    what: 'failNetwork',
    properties: ['effect', 'host', 'port', 'keepOpen', ...choices],
    effects: { refuse: [], resetAfterBytes: ['bytes'], delay: ['ms'] },
  },
} as const

/** Throws BAD_USAGE for a name that no rule knows, also where types do not reach: a rule in a plan, or a cast round them. */
export function checkCallRule(family: keyof CallRules, rule: unknown): void {
  const { what, properties, effects } = known[family]
  const fields = fieldsOf(rule, `The rule of ${what}`)
  checkNames(`The rule of ${what}`, Object.keys(fields), properties)
  if (Array.isArray(fields.operations)) {
    for (const each of fields.operations) checkName(`${what} knows no operation`, String(each), diskOperations)
  }
  const effect = fieldsOf(fields.effect, `The effect of ${what}`)
  const type = String(effect.type)
  checkName(`${what} knows no effect`, type, Object.keys(effects))
  const own = (effects as Readonly<Record<string, readonly string[]>>)[type] ?? []
  checkNames(`The effect "${type}" of ${what}`, Object.keys(effect), ['type', ...own])
}

export function checkNames(owner: string, names: readonly string[], properties: readonly string[]): void {
  for (const name of names) checkName(`${owner} has no property`, name, properties)
}

function checkName(sentence: string, name: string, names: readonly string[]): void {
  if (names.includes(name)) return
  const near = nearest(name, names)
  const meant = near === undefined ? '' : ` Did you mean "${near}"?`
  throw new HarnessError('BAD_USAGE', `${sentence} "${name}".${meant} There are: ${names.join(', ')}.`)
}

function fieldsOf(value: unknown, what: string): Record<string, unknown> {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  throw new HarnessError('BAD_USAGE', `${what} must be an object.`)
}
