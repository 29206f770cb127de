import { formatMs } from '../../base/units.ts'
import { counted } from '../../check/verdict.ts'
import { countsInWords } from '../faultInWords.ts'
import type { SavedFault } from '../runRecord.ts'
import { clock } from './clock.ts'
import { element, type Markup } from './markup.ts'
import { table } from './parts.ts'

const mostRows = 500

/** Every fault with its time and what it did: the strip above the lanes, for reading. */
export function faultSection(faults: readonly SavedFault[], startMs: number): Markup[] {
  const rows = faults
    .toSorted((a, b) => a.openedAtMs - b.openedAtMs)
    .slice(0, mostRows)
    .map(({ name, targets, openedAtMs, healedAtMs, counts, backend }) => [
      element('b', {}, name),
      targets.join(', ') || 'all',
      clock(openedAtMs - startMs),
      healedAtMs === undefined ? 'never healed' : formatMs(healedAtMs - openedAtMs),
      countsInWords(counts).join(', ') || 'nothing',
      backend ?? '',
    ])
  const list = table(['fault', 'on', 'opened at', 'for', 'what it did', 'by'], rows, 'faultList')
  const left = faults.length - rows.length
  return [
    element(
      'details',
      { open: faults.length <= 12 },
      element('summary', {}, counted(faults.length, 'fault')),
      list,
      left > 0 ? element('p', { class: 'note' }, `and ${counted(left, 'other')}`) : undefined,
    ),
  ]
}
