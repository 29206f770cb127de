const levels: Readonly<Record<string, 'error' | 'warning' | 'none'>> = {
  error: 'error',
  err: 'error',
  fatal: 'error',
  panic: 'error',
  critical: 'error',
  warn: 'warning',
  warning: 'warning',
  info: 'none',
  debug: 'none',
  trace: 'none',
}

/**
 * How bad a line says it is: by the level of a JSON line (numbers as pino and bunyan have them, or words), else by the words in it.
 * Cheap, since it is asked of every line of a log.
 */
export function levelOf(line: string): 'error' | 'warning' | undefined {
  const told = /"(?:level|severity)":\s*(?:(\d+)|"(\w+)")/.exec(line)
  if (told?.[1] !== undefined) {
    const level = Number(told[1])
    if (level >= 50) return 'error'
    return level >= 40 ? 'warning' : undefined
  }
  const word = told?.[2]?.toLowerCase()
  const byWord = word === undefined ? undefined : levels[word]
  if (byWord !== undefined) return byWord === 'none' ? undefined : byWord
  if (/\b(?:[a-z]*error|fatal|panic|uncaught|unhandled)\b/i.test(line)) return 'error'
  return /\bwarn(?:ing)?\b/i.test(line) ? 'warning' : undefined
}

/** When it was logged, ms since the epoch, if the line says so in a way that is known: a JSON field, or ISO 8601 near its start. */
export function timeOf(line: string): number | undefined {
  const field = /"(?:time|ts|timestamp|@timestamp)":\s*(?:(\d+(?:\.\d+)?)|"([^"]{10,40})")/.exec(line)
  if (field?.[1] !== undefined) {
    const number = Number(field[1])
    // Seconds since the epoch have eleven digits only in the year 5138.
    return number < 1e11 ? number * 1_000 : number
  }
  const text =
    field?.[2] ?? /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?/.exec(line.slice(0, 80))?.[0]
  if (text === undefined) return undefined
  const at = Date.parse(text.replace(',', '.').replace(' ', 'T'))
  return Number.isNaN(at) ? undefined : at
}

const longestShort = 160
const known = new Set([
  'level',
  'severity',
  'time',
  'ts',
  'timestamp',
  '@timestamp',
  'node',
  'msg',
  'message',
  'pid',
  'hostname',
])

/** The line in short: of a JSON line its message and the fields that are its own. */
export function shortOf(line: string): string {
  const text = messageOf(line) ?? line.trim()
  return text.length > longestShort ? `${text.slice(0, longestShort)}…` : text
}

function messageOf(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const fields = JSON.parse(line) as Record<string, unknown>
    const message = fields.msg ?? fields.message
    if (typeof message !== 'string') return undefined
    const rest = Object.entries(fields).flatMap(([name, value]) =>
      known.has(name) || value === null || typeof value === 'object' ? [] : [`${name} ${value}`],
    )
    return [message, ...rest].join('  ')
  } catch {
    return undefined
  }
}
