import { EdnError, EdnReader } from './edn.ts'
import { untagged } from './ednValue.ts'
import type { Corrupt, ForeignEvent } from './foreignEvents.ts'

/**
 * The events of a history of one map for each, as Knossos, Jepsen and the key-value histories of Porcupine have them: one
 * after the other or in a vector or list, on as many lines as they take, as records or plain maps.
 */
export function* ednEvents(text: string, corrupt: Corrupt): Generator<ForeignEvent> {
  try {
    for (const { value: read, line } of new EdnReader(text).elements()) {
      const value = untagged(read)
      if (value === null || typeof value !== 'object' || Array.isArray(value)) {
        throw corrupt(line, 'there is something that is not a map')
      }
      const { process, type, f, key, value: content, error, exception } = value as Record<string, unknown>
      yield { line, process, type, f, key, value: content ?? null, error: error ?? exception }
    }
  } catch (error) {
    if (error instanceof EdnError) throw corrupt(error.line, error.message, error)
    throw error
  }
}
