import type { History } from '../history/history.ts'
import { clockWentBack } from '../history/span.ts'
import { Changes, changesMadeBy } from './changes.ts'
import { judgeDigests } from './equalDigests.ts'
import { judgeRows } from './equalRows.ts'
import { finalReadings, nodesOf, ofTable, partsOf, type Scope } from './reading.ts'
import { conclude, counted, type Verdict } from './verdict.ts'

export type ConvergesOptions = Scope

/**
 * Final digests are equal on all nodes, and stable where they were read twice in the quiet; the rows, where they were
 * read, tell the difference, and rows that differ under equal digests are a finding of their own: the digest lies. A table
 * of which no digest was taken is judged by its rows. Needs two nodes and an acknowledged change (or a row read) before
 * the readings.
 *
 * Does not see content that no reading shows, nor a difference that came and went between two. A change that was under way
 * while the nodes were read, or that is undecided and may have landed between two looks, leaves a difference unknown. The
 * stricter choice: a change that had ended undecided before nodes were seen to differ at one time excuses nothing.
 */
export function converges(history: History, options: ConvergesOptions = {}): Verdict {
  const nodes = nodesOf(history, options)
  const witness = { operationsAcknowledged: 0, digestsRead: 0, nodesReadTwice: 0, rowsRead: 0 }
  const found = { refutations: [] as string[], doubts: [] as string[], offenders: [] as unknown[] }
  let earliestMs = Number.POSITIVE_INFINITY

  for (const { table, part } of partsOf(history, options)) {
    const digested = part.observations.some((each) => each.what === 'digest')
    if (!digested && !part.observations.some((each) => each.what === 'rows')) continue
    // A digest that names no table is of the whole node, and what names no table may change any.
    const concerned = history.operations.filter((each) => changesMadeBy(each, table).length > 0)
    const { readings, doubts: unread } = finalReadings(part, digested ? 'digest' : 'rows', nodes, table)
    found.doubts.push(...unread)
    let readMs = Number.POSITIVE_INFINITY
    for (const { atMs } of readings) readMs = Math.min(readMs, atMs)
    earliestMs = Math.min(earliestMs, readMs)
    for (const { outcome, endedAtMs } of concerned) {
      if (outcome === 'ok' && endedAtMs <= readMs) witness.operationsAcknowledged++
    }
    const rows = finalReadings(part, 'rows', nodes, table).readings
    for (const reading of rows) witness.rowsRead += (reading.value as unknown[]).length
    const look = { table, part, nodes, concerned, changes: new Changes(concerned, table, part.observations), rows }
    if (!digested) {
      judgeRows({ ...look, digests: [], digestsDiffer: 'no' }, found)
      continue
    }
    const { digestsRead, nodesReadTwice, digestsDiffer } = judgeDigests({ ...look, readings }, found)
    witness.digestsRead += digestsRead
    witness.nodesReadTwice += nodesReadTwice
    judgeRows({ ...look, digests: readings, digestsDiffer }, found)
  }

  const { doubts, refutations } = found
  const untimed = clockWentBack(history.operations)
  if (untimed !== undefined && refutations.length > 0) doubts.push(...refutations.splice(0), untimed)
  if (earliestMs === Number.POSITIVE_INFINITY) doubts.unshift('neither a digest nor rows were read')
  else if (nodes.length < 2)
    doubts.unshift(`only ${nodes.join('') || 'no node'} is named, and it takes two to converge`)
  else if (witness.operationsAcknowledged === 0 && witness.rowsRead === 0) {
    doubts.unshift('nothing had been acknowledged when the nodes were read')
  }
  return conclude({
    checker: 'converges',
    claim: `${options.nodes ? nodes.join(', ') : 'all nodes'} end with the same content${ofTable(options.table)}`,
    witness,
    ...found,
    upheld: `${nodes.join(', ')} ended equal after ${counted(witness.operationsAcknowledged, 'acknowledged operation')}`,
  })
}
