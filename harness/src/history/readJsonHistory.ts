import type { Corrupt, ForeignEvent } from './foreignEvents.ts'
import { parseJson } from './parseJson.ts'

/**
 * The events of a history of one JSON object for each, with the fields that Jepsen's maps have: a line each, on as many
 * lines as they take, or in an array.
 */
export function* jsonEvents(text: string, corrupt: Corrupt): Generator<ForeignEvent> {
  for (const { text: json, line } of valuesIn(text, corrupt)) {
    const value = parsed(json, line, corrupt)
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw corrupt(line, 'there is something that is not an object')
    }
    const { process, type, f, key, value: content, error, exception } = value as Record<string, unknown>
    // What JSON makes of a number as the name of a process, where names are text.
    const client = typeof process === 'string' && /^-?\d+$/.test(process) ? Number(process) : process
    yield { line, process: client, type, f, key, value: content ?? null, error: error ?? exception }
  }
}

function parsed(json: string, line: number, corrupt: Corrupt): unknown {
  try {
    return parseJson(json)
  } catch (error) {
    throw corrupt(line, error instanceof RangeError ? error.message : 'it is torn or not JSON', error)
  }
}

/** The objects of the text, or of the array that it is, each with the line it begins on. */
function* valuesIn(text: string, corrupt: Corrupt): Generator<{ text: string; line: number }> {
  const isArray = /^\s*\[/.test(text)
  const bottom = isArray ? 1 : 0
  let [depth, line, begun, from] = [0, 1, 1, -1]
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string
    if (character === '\n') line++
    else if (character === '"') {
      if (depth === bottom) throw corrupt(line, 'there is something that is not an object')
      for (at++; at < text.length && text[at] !== '"' && text[at] !== '\n'; at++) if (text[at] === '\\') at++
      if (text[at] !== '"') throw corrupt(line, 'it is torn or not JSON')
    } else if (character === '{' || character === '[') {
      if (depth++ === bottom) [from, begun] = [at, line]
    } else if (character === '}' || character === ']') {
      if (--depth < 0) throw corrupt(line, `there is a ${character} that nothing opened`)
      if (depth === bottom && from !== -1) {
        yield { text: text.slice(from, at + 1), line: begun }
        from = -1
      }
    } else if (depth <= bottom && !/[\s,]/.test(character)) {
      throw corrupt(line, 'there is something that is not an object')
    }
  }
  if (depth > 0) throw corrupt(line, `the text ends within what begins on line ${depth > bottom ? begun : 1}`)
}
