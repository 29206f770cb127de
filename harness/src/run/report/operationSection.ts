import { formatCount, formatMs } from '../../base/units.ts'
import type { KindFigures, OperationFigures } from './figures/operationFigures.ts'
import { type Child, element, type Markup } from './markup.ts'
import { table } from './parts.ts'

/** The figures of all operations, by kind, and what was said by those that did not end well. */
export function operationSection({ total, kinds, errors, otherErrorCount }: OperationFigures): Child[] {
  if (total.count === 0) return [element('p', { class: 'empty' }, 'No operation was recorded.')]
  const head = ['kind', 'count', 'ok', 'fail', 'info', 'per second', 'p50', 'p95', 'p99', 'p99.9', 'max']
  const rows = (kinds.length > 1 ? [...kinds, total] : kinds).map(rowOf)
  return [
    table(head, rows, 'figures'),
    element(
      'p',
      { class: 'note' },
      'Counts, rates and maxima are exact over all operations, quantiles at most 1/128 above the truth. ok happened, fail did not, info: nobody can know.',
    ),
    errors.length === 0 ? undefined : errorTable(errors, otherErrorCount),
  ]
}

function rowOf({ kind, count, ok, fail, info, perSecond, ...latency }: KindFigures): Child[] {
  const { p50Ms, p95Ms, p99Ms, p999Ms, maxMs } = latency
  return [
    kind,
    ...[count, ok, fail, info].map(formatCount),
    perSecond < 10 ? perSecond.toFixed(1) : formatCount(perSecond),
    ...[p50Ms, p95Ms, p99Ms, p999Ms, maxMs].map(formatMs),
  ]
}

function errorTable(errors: OperationFigures['errors'], otherErrorCount: number): Markup {
  const rows: Child[][] = errors.map(({ outcome, text, count }) => [formatCount(count), outcome, text || '(no words)'])
  if (otherErrorCount > 0) rows.push([formatCount(otherErrorCount), '', 'others'])
  return table(['how often', 'outcome', 'what was said'], rows, 'errors')
}
