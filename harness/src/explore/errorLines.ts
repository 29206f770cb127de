import type { Cluster } from '../cluster/cluster.ts'

/** Cheap, and true of more than errors. */
const mayBeError = /"level":|\b(?:ERROR|FATAL|CRITICAL|PANIC)\b/
const errorLevel = /^(?:error|fatal|critical|panic)$/i
/** From here on, as pino numbers its levels. */
const leastErrorLevel = 50
/** Where a logger that writes words has its level. */
const levelWithin = 80
const longestShown = 300

interface LogLine {
  level?: unknown
  msg?: unknown
}

function parsed(line: string): LogLine | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as LogLine
  } catch {
    // Cut off by the end of its node: then it is text.
    return undefined
  }
}

/** A level in JSON, by number or by name, or a word in capitals near the begin. */
function isError(line: string): boolean {
  const { level } = parsed(line) ?? {}
  if (typeof level === 'number') return level >= leastErrorLevel
  if (typeof level === 'string') return errorLevel.test(level)
  return !line.startsWith('{') && /\b(?:ERROR|FATAL|CRITICAL|PANIC)\b/.test(line.slice(0, levelWithin))
}

/** A sentence for each kind of error that nodes logged and nobody declared, over all of their lives. */
export function undeclaredErrors<Client>({ nodes }: Cluster<Client>, expected: readonly RegExp[]): string[] {
  const kinds = new Map<string, { node: string; line: string; count: number }>()
  for (const { name, log } of nodes) {
    log.refresh()
    for (const line of log.matches(mayBeError)) {
      if (!isError(line) || expected.some((pattern) => line.search(pattern) >= 0)) continue
      const { msg } = parsed(line) ?? {}
      const kind = typeof msg === 'string' ? msg : line.replace(/\d+/g, '#').slice(0, levelWithin)
      const known = kinds.get(kind)
      if (known) known.count++
      else kinds.set(kind, { node: name, line, count: 1 })
    }
  }
  return [...kinds.values()].map(({ node, line, count }) => {
    const times = count === 1 ? '' : `, ${count} times in all`
    return `${node} logged an error that no pattern of expectedErrors allows${times}: ${line.slice(0, longestShown)}`
  })
}
