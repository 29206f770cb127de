import { HarnessError, messageOf } from '../base/errors.ts'
import { formatMs } from '../base/units.ts'

export type Labels = Readonly<Record<string, string>>

/** One line of a Prometheus page: a name, its labels and a value. */
export interface MetricSample {
  name: string
  labels: Labels
  value: number
}

/** The readings of one page, by the name of the sample (a histogram's parts are `…_bucket`, `…_sum`, `…_count`). */
export class Metrics {
  readonly byName: ReadonlyMap<string, readonly MetricSample[]>

  constructor(byName: ReadonlyMap<string, readonly MetricSample[]>) {
    this.byName = byName
  }

  /** The one sample that carries at least these labels; undefined when there is none or more than one. */
  value(name: string, labels: Labels = {}): number | undefined {
    const found = this.samples(name, labels)
    return found.length === 1 ? found[0]?.value : undefined
  }

  /** The sum over all samples that carry at least these labels; undefined when there is none. */
  sum(name: string, labels: Labels = {}): number | undefined {
    const found = this.samples(name, labels)
    return found.length === 0 ? undefined : found.reduce((sum, sample) => sum + sample.value, 0)
  }

  samples(name: string, labels: Labels = {}): MetricSample[] {
    const wanted = Object.entries(labels)
    return (this.byName.get(name) ?? []).filter((sample) => wanted.every(([key, text]) => sample.labels[key] === text))
  }
}

/** Reads a page in the Prometheus text format. Throws NODE_NOT_READY when it cannot be had, ABILITY_MISSING on a 404. */
export async function readMetrics(url: string, budgetMs = 2_000): Promise<Metrics> {
  let response: Response
  let text: string
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(budgetMs) })
    text = await response.text()
  } catch (cause) {
    const reason = messageOf((cause as Error).cause ?? cause)
    throw new HarnessError('NODE_NOT_READY', `${url} did not answer within ${formatMs(budgetMs)}: ${reason}.`, {
      cause,
    })
  }
  if (response.ok) return new Metrics(parsePrometheus(text))
  const code = response.status === 404 ? 'ABILITY_MISSING' : 'NODE_NOT_READY'
  throw new HarnessError(
    code,
    `${url} answered ${response.status} ${response.statusText} where metrics were asked for.`,
  )
}

const sampleLine = /^([a-zA-Z_:][\w:]*)\s*(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?\s*$/
const labelPair = /([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"/g

/** Samples of a page by name. Comments, types and time stamps are passed over; a line that is none of these throws. */
export function parsePrometheus(text: string): Map<string, MetricSample[]> {
  const byName = new Map<string, MetricSample[]>()
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const [, name, labels, value] = sampleLine.exec(line) ?? []
    if (name === undefined || value === undefined) {
      throw new HarnessError(
        'ARTIFACT_UNREADABLE',
        `This is no line of the Prometheus text format: ${line.slice(0, 200)}`,
      )
    }
    const samples = byName.get(name) ?? []
    byName.set(name, samples)
    samples.push({ name, labels: parseLabels(labels ?? ''), value: parseValue(value) })
  }
  return byName
}

function parseLabels(text: string): Labels {
  const escapes: Record<string, string> = { n: '\n' }
  return Object.fromEntries(
    [...text.matchAll(labelPair)].map(([, key, value]) => [
      key,
      (value as string).replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter),
    ]),
  )
}

function parseValue(text: string): number {
  if (/^[+-]?inf/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return Number(text)
}
