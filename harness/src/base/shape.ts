/**
 * What a file that somebody else may have written must look like before anything of it is believed. A shape takes a value and
 * where it lies ("schedule.faults[2].lastsMs") and gives it back, or throws ShapeError with the end of a sentence. Only fields that a
 * shape names are handed on.
 */
export type Shape<T> = (value: unknown, at: string) => T

export class ShapeError extends Error {}

function refuse(at: string, is: string): never {
  throw new ShapeError(`${at} ${is}`)
}

/** A value in a message: never longer than a few words. */
function shown(value: unknown): string {
  const text =
    typeof value === 'string' ? JSON.stringify(value) : typeof value === 'object' ? 'an object' : String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

export function text(options: { longest?: number; pattern?: RegExp } = {}): Shape<string> {
  const { longest = 1_000, pattern } = options
  return (value, at) => {
    if (typeof value !== 'string') refuse(at, 'is no text')
    if (value.length > longest) refuse(at, `is longer than ${longest} letters`)
    if (value.includes('\0') || (pattern && !pattern.test(value))) refuse(at, `cannot be ${shown(value)}`)
    return value
  }
}

export function number({
  least,
  most,
  whole = false,
}: {
  least: number
  most: number
  whole?: boolean
}): Shape<number> {
  return (value, at) => {
    if (typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value)))
      return value
    return refuse(
      at,
      `must be a ${whole ? 'whole number' : 'number'} from ${least} to ${most}, but it is ${shown(value)}`,
    )
  }
}

export const count = number({ least: 0, most: Number.MAX_SAFE_INTEGER, whole: true })
export const amount = number({ least: 0, most: Number.MAX_VALUE })

export const flag: Shape<boolean> = (value, at) =>
  typeof value === 'boolean' ? value : refuse(at, 'is neither true nor false')

export function oneOf<const T extends string | number>(...known: readonly T[]): Shape<T> {
  return (value, at) =>
    known.find((each) => each === value) ?? refuse(at, `is ${shown(value)}, and none of ${known.join(', ')}`)
}

export function list<T>(item: Shape<T>, { most = 100_000 }: { most?: number } = {}): Shape<T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) refuse(at, 'is no list')
    if (value.length > most) refuse(at, `has more than ${most} entries`)
    return value.map((each, index) => item(each, `${at}[${index}]`))
  }
}

/** Any names, with values of one shape. */
export function record<T>(item: Shape<T>, { most = 10_000 }: { most?: number } = {}): Shape<Record<string, T>> {
  return (value, at) => {
    const entries = Object.entries(plain(value, at))
    if (entries.length > most) refuse(at, `has more than ${most} fields`)
    if (entries.some(([name]) => name === '__proto__')) refuse(at, 'cannot have the field __proto__')
    return Object.fromEntries(entries.map(([name, each]) => [name, item(each, `${at}.${name}`)]))
  }
}

type Shapes = Readonly<Record<string, Shape<unknown>>>
type Of<S extends Shapes> = { [Name in keyof S]: S[Name] extends Shape<infer T> ? T : never }

/** Fields that must be there, and such that may be left out; others are not handed on. */
export function fields<Must extends Shapes, May extends Shapes = Record<never, never>>(
  must: Must,
  may?: May,
): Shape<Of<Must> & Partial<Of<May>>> {
  return (value, at) => {
    const given = plain(value, at)
    const taken: Record<string, unknown> = {}
    const own = (name: string) => (Object.hasOwn(given, name) ? given[name] : undefined)
    const within = (name: string) => (at === '' ? name : `${at}.${name}`)
    for (const [name, shape] of Object.entries(must)) taken[name] = shape(own(name), within(name))
    for (const [name, shape] of Object.entries(may ?? {})) {
      const each = own(name)
      if (each !== undefined) taken[name] = shape(each, within(name))
    }
    return taken as Of<Must> & Partial<Of<May>>
  }
}

/** Nothing else than these fields: for what is handed on whole. */
export function only<T>(shape: Shape<T>): Shape<T> {
  return (value, at) => {
    const taken = shape(value, at)
    const more = Object.keys(plain(value, at)).find((name) => !Object.hasOwn(taken as object, name))
    return more === undefined ? taken : refuse(at, `has a field ${shown(more)}, which is not known`)
  }
}

/** As it is, with fields that the shape does not name, once those that it names are right. */
export function whole<T>(shape: Shape<unknown>): Shape<T> {
  return (value, at) => {
    shape(value, at)
    return value as T
  }
}

/** Whatever it is. */
export const anything: Shape<unknown> = (value) => value

function plain(value: unknown, at: string): Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) refuse(at || 'it', 'is no object')
  return value as Record<string, unknown>
}
