import { carries } from '../sameValue.ts'
import type { Call } from './call.ts'
import { type Content, contentOf } from './content.ts'
import { canonical, digitsBehindPoint, nearestDecimal } from './decimal.ts'

/**
 * Calls on a counter with every number written one way: a number and its text are one, as they are for a system that keeps
 * text and counts with it, and as integers above 2^53 are read. What is answered is taken as the decimal that it stands for, of as
 * many digits as were ever added; `startDigits` are those of what was there at first.
 */
export function countedExactly(calls: readonly Call[], startDigits: number): Call[] {
  const inputs = calls.flatMap(({ delta, written, act }) => [
    ...(delta === undefined ? [] : [delta]),
    ...(written === undefined || act === 'append' ? [] : [written.slice(1)]),
  ])
  const digits = inputs.reduce((most, each) => Math.max(most, digitsBehindPoint(each)), startDigits)
  // Text written in another way than numbers are is one only where nobody wrote text that is none.
  const textCounts = calls.every(
    ({ act, written }) => act !== 'append' && (written?.[0] !== 's' || canonical(written.slice(1)) !== undefined),
  )
  const hasTextOfDigits = calls.some(({ act, written }) => {
    const text = act === 'append' ? written : written?.[0] === 's' ? written.slice(1) : undefined
    return text !== undefined && canonical(text) === text
  })
  const normal = (content: Content): Content => {
    const own = content.slice(1)
    if (content[0] !== 'j' && !(content[0] === 's' && (textCounts || canonical(own) === own))) return content
    const number = nearestDecimal(own, digits)
    return number === undefined ? content : `j${number}`
  }
  return calls.map((call) => {
    const { written, answered, expected, act } = call
    return {
      ...call,
      ...(act === 'append' && hasTextOfDigits ? { counts: true } : {}),
      ...(written === undefined || act === 'append' ? {} : { written: normal(written) }),
      ...(answered === undefined ? {} : { answered: normal(answered) }),
      ...(expected === undefined ? {} : { expected: normal(expected) }),
    }
  })
}

/** Comparing every row read with every row written stops here; what is left counts as not known. */
const mostComparisons = 1_000_000

/**
 * Calls with rows read taken for the rows that they carry: systems add fields of their own (version, updated time). One that
 * is exactly what somebody wrote is that; one that carries several others may be any of them.
 */
export function answersAsWritten(calls: readonly Call[]): readonly Call[] {
  const written = new Set<Content>()
  for (const call of calls) if (call.written?.startsWith('j{')) written.add(call.written)
  if (written.size === 0) return calls
  const rows = [...written].map((content) => ({ content, row: rowOf(content) }))
  const fields = new Set(rows.flatMap(({ row }) => Object.keys(row)))
  let comparisons = 0
  const resolved = new Map<Content, Content | undefined>()
  const resolve = (answered: Content): Content | undefined => {
    if (resolved.has(answered)) return resolved.get(answered)
    const row = rowOf(answered)
    const known = contentOfFields(row, fields)
    let found: Content | undefined
    if (written.has(known)) found = known
    else {
      comparisons += rows.length
      const carried = comparisons > mostComparisons ? undefined : rows.filter((each) => carries(row, each.row))
      found = carried === undefined || carried.length > 1 ? undefined : (carried[0]?.content ?? answered)
    }
    resolved.set(answered, found)
    return found
  }
  return calls.map((call) => {
    const { answered, ...rest } = call
    if (answered === undefined || !answered.startsWith('j{') || written.has(answered)) return call
    const content = resolve(answered)
    return content === undefined ? rest : { ...rest, answered: content }
  })
}

function rowOf(content: Content): Record<string, unknown> {
  return JSON.parse(content.slice(1)) as Record<string, unknown>
}

function contentOfFields(row: Record<string, unknown>, fields: ReadonlySet<string>): Content {
  return contentOf(Object.fromEntries(Object.entries(row).filter(([name]) => fields.has(name))))
}
