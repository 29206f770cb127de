import { isResultKnown, type Operation } from '../../history/operation.ts'

/** What an operation does to one value, whatever its system calls it. */
export type Act = 'read' | 'write' | 'delete' | 'cas' | 'append' | 'add'

/**
 * A value as text that is equal exactly when the value is: '' is nothing at all, 's…' a string, 'j…' any other JSON.
 * A string stays as it is, so that appending to one is appending to the other.
 */
export type Content = string
export const absent: Content = ''

/** One operation as the models see it. What is undefined is not known, and so allows everything. */
export interface Call {
  operation: Operation
  act: Act
  /** Whether it may be left out of the order: nobody knows if it happened. */
  optional: boolean
  /** What is written, appended, or put in place by a cas that holds. */
  written?: Content
  /** What a read answered, what an add answered, or what a cas that did not hold found. */
  answered?: Content
  /** What a cas compares with. */
  expected?: Content
  /** Whether the comparison of a cas held. */
  held?: boolean
  /** What an add adds. */
  delta?: number
}

const acts: Record<string, Act> = {
  read: 'read',
  get: 'read',
  write: 'write',
  put: 'write',
  set: 'write',
  insert: 'write',
  update: 'write',
  upsert: 'write',
  delete: 'delete',
  remove: 'delete',
  cas: 'cas',
  append: 'append',
  add: 'add',
  increment: 'add',
}

export function actOf(operation: Operation): Act | undefined {
  return Object.hasOwn(acts, operation.kind) ? acts[operation.kind] : undefined
}

/** The call of an operation that happened or may have; undefined where its value is not one that its act can have. */
export function callOf(operation: Operation, act: Act): Call | undefined {
  const optional = operation.outcome === 'info'
  const call: Call = { operation, act, optional }
  switch (act) {
    case 'read':
      return !isResultKnown(operation) ? call : { ...call, answered: contentOf(operation.result) }
    case 'write':
      return { ...call, written: contentOf(operation.value) }
    case 'delete':
      return { ...call, written: absent }
    case 'append':
      return typeof operation.value === 'string' ? { ...call, written: operation.value } : undefined
    case 'add':
      return addOf(call)
    case 'cas':
      return casOf(call)
  }
}

function addOf(call: Call): Call | undefined {
  const { value, result } = call.operation
  const delta = value === undefined ? 1 : deltaOf(value)
  if (delta === undefined) return undefined
  return { ...call, delta, ...(typeof result === 'number' ? { answered: contentOf(result) } : {}) }
}

function deltaOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  const delta = isRecord(value) ? value.delta : undefined
  return typeof delta === 'number' ? delta : undefined
}

/** `[expected, written]` as Jepsen has it, or `{ expect, value }`. A result of false: the comparison did not hold. */
function casOf(call: Call): Call | undefined {
  const { value, result } = call.operation
  const pair = Array.isArray(value)
    ? value.length === 2 && { expected: value[0], written: value[1] }
    : isRecord(value) && 'value' in value && { expected: value.expect, written: value.value }
  if (!pair) return undefined
  const cas = { ...call, expected: contentOf(pair.expected), written: contentOf(pair.written) }
  if (!isResultKnown(call.operation)) return { ...cas, optional: true }
  if (result === false) return { ...cas, held: false }
  if (!isRecord(result) || result.held !== false) return { ...cas, held: true }
  return { ...cas, held: false, ...('current' in result ? { answered: contentOf(result.current) } : {}) }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

export function contentOf(value: unknown): Content {
  if (value === undefined || value === null) return absent
  return typeof value === 'string' ? `s${value}` : `j${JSON.stringify(value, sorted)}`
}

/** Two rows are equal in whatever order their fields come. */
function sorted(_: string, value: unknown): unknown {
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

export function showContent(content: Content): string {
  if (content === absent) return 'nothing'
  const text = content[0] === 's' ? JSON.stringify(content.slice(1)) : content.slice(1)
  return text.length > 60 ? `${text.slice(0, 28)}…${text.slice(-28)}` : text
}
