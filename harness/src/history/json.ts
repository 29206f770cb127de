import { deepestNesting } from './parseJson.ts'

/** A line of a journal is a level of its own. */
const deepest = deepestNesting - 1

/**
 * Why a value cannot be kept as JSON, as the end of a sentence ("is a BigInt", "has a Map at .rows[2]"); undefined if it can.
 * Stricter than JSON.stringify, which makes null of NaN and {} of a Map: memory and journal would tell two histories. An integer above
 * 2^53 has most likely been rounded before it came here, and a journal is not read deeper than so many levels.
 */
export function whyNotJson(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return undefined
    case 'number':
      return isExact(value) ? undefined : `is ${whatOf(value)}`
    default:
  }
  try {
    const found = fault(value, '', new Set())
    if (found === undefined) return undefined
    return found.path === '' ? `is ${found.what}` : `has ${found.what} at ${found.path}`
  } catch (error) {
    // A getter of the value, or a nesting too deep for this stack.
    return `cannot be walked through (${error instanceof Error ? error.message : String(error)})`
  }
}

interface Fault {
  what: string
  path: string
}

function fault(value: unknown, path: string, above: Set<object>): Fault | undefined {
  switch (typeof value) {
    case 'number':
      return isExact(value) ? undefined : { what: whatOf(value), path }
    case 'bigint':
      return { what: 'a BigInt', path }
    case 'function':
    case 'symbol':
      return { what: `a ${typeof value}`, path }
    case 'object':
      return value === null ? undefined : faultOfObject(value, path, above)
    default:
      return undefined
  }
}

function faultOfObject(value: object, path: string, above: Set<object>): Fault | undefined {
  const foreign = kindOf(value)
  if (foreign !== undefined) return { what: `a ${foreign}`, path }
  if (above.size >= deepest) return { what: `a nesting of more than ${deepest} levels`, path: `${path.slice(0, 40)}…` }
  if (above.has(value)) return { what: 'a circle', path }
  above.add(value)
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) {
      const found = isPlain(value[at]) ? undefined : fault(value[at], `${path}[${at}]`, above)
      if (found) return found
    }
  } else {
    for (const key of Object.keys(value)) {
      const field = (value as Record<string, unknown>)[key]
      const found = isPlain(field) ? undefined : fault(field, `${path}.${key}`, above)
      if (found) return found
    }
  }
  above.delete(value)
  return undefined
}

function isExact(value: number): boolean {
  return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value))
}

function whatOf(value: number): string {
  return Number.isFinite(value) ? `${value}, which a number cannot hold exactly (give it as text)` : String(value)
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || value === undefined || value === null
}

/** What JSON would make something else of: a Date is text in the journal and none in memory. */
function kindOf(value: object): string | undefined {
  if (Array.isArray(value)) return undefined
  const prototype = Object.getPrototypeOf(value)
  if (prototype === null || prototype === Object.prototype) {
    return typeof (value as { toJSON?: unknown }).toJSON === 'function' ? 'value with a toJSON of its own' : undefined
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value.constructor?.name || 'buffer'
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  if (tag !== 'Object') return tag
  return typeof (value as { toJSON?: unknown }).toJSON === 'function'
    ? value.constructor?.name || 'value with a toJSON of its own'
    : undefined
}
