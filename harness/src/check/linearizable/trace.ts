import type { Call } from './call.ts'
import { showContent } from './content.ts'

/** Lines for people, at most so many: the end of a failing prefix is what explains it. */
const linesKept = 24

/** One line for each call: who, what, when; times in ms since the first one's start. A call that is undecided says so. */
export function describeCalls(calls: readonly Call[], failing?: Call): string[] {
  const zeroMs = Math.min(...calls.map(({ operation }) => operation.startedAtMs))
  const shown = calls.slice(-linesKept)
  const cut = calls.length - shown.length
  const whos = shown.map(({ operation }) => operation.client)
  const whats = shown.map(what)
  const whoWidth = Math.max(...whos.map((who) => who.length))
  const whatWidth = Math.max(...whats.map((each) => each.length))
  const lines = shown.map((call, at) => {
    const columns = [(whos[at] ?? '').padEnd(whoWidth), (whats[at] ?? '').padEnd(whatWidth), when(call, zeroMs)]
    return `${call === failing ? '✗' : ' '} ${columns.join('  ')}`
  })
  return cut > 0 ? [`  … ${cut} earlier ones`, ...lines] : lines
}

/** `c4's read → "old" on n1 (4.0 to 6.0 ms)`; times count from the first start of its history. */
export function describeCall(call: Call, history: readonly Call[]): string {
  const { client, node, line } = call.operation
  const zeroMs = Math.min(...history.map(({ operation }) => operation.startedAtMs))
  const where = line === undefined ? ` on ${node}` : ''
  return `${/^\d/.test(client) ? `process ${client}` : client}'s ${what(call)}${where} (${when(call, zeroMs)})`
}

function what(call: Call): string {
  const { act, optional, written, answered, expected, held, delta, operation } = call
  const doubt = optional ? ' ?' : ''
  switch (act) {
    case 'read':
      return `${operation.kind} → ${answered === undefined ? '?' : showContent(answered)}`
    case 'cas': {
      const answer =
        held === false ? ` → did not hold${answered === undefined ? '' : `, found ${showContent(answered)}`}` : ''
      return `cas ${showContent(expected ?? '')} to ${showContent(written ?? '')}${answer}${doubt}`
    }
    case 'add':
      return `add ${delta}${answered === undefined ? '' : ` → ${showContent(answered)}`}${doubt}`
    case 'delete':
      return `${operation.kind}${doubt}`
    case 'anything':
      return `${operation.kind} (may have changed anything)${doubt}`
    case 'append':
      return `append ${showContent(`s${written}`)}${doubt}`
    case 'write':
      return `${operation.kind} ${showContent(written ?? '')}${doubt}`
  }
}

function when({ operation, optional }: Call, zeroMs: number): string {
  const { startedAtMs, endedAtMs } = operation
  if (operation.line !== undefined) {
    const { started, ended } = operation.line
    return `lines ${started} to ${optional || ended === undefined ? 'the end' : ended}`
  }
  const from = (startedAtMs - zeroMs).toFixed(1)
  return optional ? `${from} ms to the end` : `${from} to ${(endedAtMs - zeroMs).toFixed(1)} ms`
}
