import { EdnError, EdnReader } from './edn.ts'
import { type Corrupt, type ForeignEvent, historyOf } from './foreignEvents.ts'
import type { History } from './history.ts'

/**
 * Reads a history of one map for each event, as Knossos, Jepsen and the key-value histories of Porcupine have them: one
 * after the other or in a vector or list, on as many lines as they take.
 */
export function readEdnHistory(text: string, corrupt: Corrupt): History {
  try {
    return historyOf(eventsIn(text, corrupt), corrupt, { failedCasAnswers: false })
  } catch (error) {
    if (error instanceof EdnError) throw corrupt(error.line, error.message, error)
    throw error
  }
}

function* eventsIn(text: string, corrupt: Corrupt): Generator<ForeignEvent> {
  for (const { value, line } of new EdnReader(text).elements()) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw corrupt(line, 'there is something that is not a map')
    }
    const { process, type, f, key, value: content, error } = value as Record<string, unknown>
    yield { line, process, type, f, key, value: content ?? null, error }
  }
}
