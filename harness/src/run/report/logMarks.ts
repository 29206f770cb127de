import { formatCount } from '../../base/units.ts'
import type { SavedMark } from '../runRecord.ts'
import { levelOf, shortOf, timeOf } from './logLine.ts'
import { readLines } from './logLines.ts'
import type { Lead, LogMark, MarkList } from './reportData.ts'

const linesBefore = 4
const linesAfter = 4
const longestLine = 500
/** Of each name so many of the first and of the last: of a flood, its begin and its end are what tells. */
const keptEachEnd = 20
/** A log of more is read up to here: 256 MiB take about a second. */
const mostBytes = 256 * 1024 ** 2

export interface MarkedLog {
  node: string
  incarnation: number
  /** Where it is read from, and its path from the page. */
  path: string
  shownPath: string
  startedAtMs: number
  /** The end of the life, or of what is known. */
  endedAtMs: number
}

/** Told in short only if it is still kept at the end: of a flood most are not. */
type Found = Omit<LogMark, 'text'> & { whole: string }

interface Kept {
  first: Found[]
  last: Found[]
}

/** Gathers the lines that a person would look for: errors, warnings, and what the system itself calls a mark. Bounded. */
export class LogMarks {
  readonly problems: string[] = []
  readonly #patterns: readonly { name: string; pattern: RegExp }[]
  readonly #kept = new Map<string, Kept>()
  readonly #counts = new Map<string, number>()

  constructor(patterns: readonly SavedMark[]) {
    this.#patterns = patterns.flatMap(({ name, source, flags }) => {
      try {
        // With g or y an expression would remember where it stopped.
        return [{ name, pattern: new RegExp(source, flags.replaceAll(/[gy]/g, '')) }]
      } catch {
        this.problems.push(`The mark "${name}" is not an expression that can be read: ${source}.`)
        return []
      }
    })
  }

  /** Reads one log to its end and returns the times in which its node led, as it says itself. Throws ARTIFACT_UNREADABLE. */
  read(log: MarkedLog): Lead[] {
    const leads: Lead[] = []
    const recent: string[] = []
    const open: { mark: { lines: string[] }; left: number }[] = []
    let number = 0
    for (const line of readLines(log.path, mostBytes, this.problems)) {
      number++
      const shown = line.length > longestLine ? `${line.slice(0, longestLine)} …` : line
      for (const each of open) {
        each.mark.lines.push(shown)
        each.left--
      }
      while (open[0] && open[0].left <= 0) open.shift()
      const named = this.#nameOf(line)
      if (named !== undefined) {
        // A line that tells no time (of a stack) was logged after the one before it.
        const told = timeOf(line) ?? recent.map(timeOf).findLast((each) => each !== undefined) ?? log.startedAtMs
        // A clock that was put wrong on purpose is not to be believed: what is logged in a life happened in it.
        const atMs = Math.min(Math.max(told, log.startedAtMs), log.endedAtMs)
        noteLead(leads, named, atMs)
        const { node, incarnation, shownPath } = log
        const mark = {
          ...{ node, incarnation, atMs, name: named.name, whole: line, log: shownPath, line: number },
          lines: [...recent, shown],
          at: recent.length,
        }
        this.#keep(mark)
        open.push({ mark, left: linesAfter })
      }
      recent.push(shown)
      if (recent.length > linesBefore) recent.shift()
    }
    for (const lead of leads) lead.toMs ??= log.endedAtMs
    return leads
  }

  /** In the order of time. */
  list(): MarkList {
    const found = [...this.#kept.values()].flatMap(({ first, last }) => [...first, ...last])
    return {
      shown: found
        .map(({ whole, ...mark }) => ({ ...mark, text: shortOf(whole) }))
        .sort((a, b) => a.atMs - b.atMs || a.line - b.line),
      counts: Object.fromEntries([...this.#counts].sort(([a], [b]) => a.localeCompare(b, 'en'))),
    }
  }

  #nameOf(line: string): Named | undefined {
    for (const { name, pattern } of this.#patterns) {
      const found = pattern.exec(line)
      if (found) return { name, ...(found.groups?.of === undefined ? {} : { of: found.groups.of }) }
    }
    const level = levelOf(line)
    return level === undefined ? undefined : { name: level }
  }

  #keep(mark: Found): void {
    this.#counts.set(mark.name, (this.#counts.get(mark.name) ?? 0) + 1)
    const kept = this.#kept.get(mark.name) ?? { first: [], last: [] }
    this.#kept.set(mark.name, kept)
    if (kept.first.length < keptEachEnd) kept.first.push(mark)
    else {
      kept.last.push(mark)
      if (kept.last.length > keptEachEnd) kept.last.shift()
    }
  }
}

interface Named {
  name: string
  /** What was led, where a node may lead several. */
  of?: string
}

/** The names of marks that say that a node leads from there on, and that it does no more. */
export const leaderMark = 'leader'
export const noLeaderMark = 'leader no more'

function noteLead(leads: Lead[], { name, of }: Named, atMs: number): void {
  const open = leads.find((lead) => lead.toMs === undefined && lead.of === of)
  if (name === leaderMark && open === undefined) {
    leads.push({ fromMs: atMs, ...(of === undefined ? {} : { of }) })
  } else if (name === noLeaderMark && open) open.toMs = atMs
}

/** "error 3, leader 2 of 40": what is shown of what there was. */
export function marksInWords({ shown, counts }: MarkList): string {
  return Object.entries(counts)
    .map(([name, count]) => {
      const here = shown.filter((mark) => mark.name === name).length
      return `${name} ${here === count ? formatCount(count) : `${formatCount(here)} of ${formatCount(count)}`}`
    })
    .join(', ')
}
