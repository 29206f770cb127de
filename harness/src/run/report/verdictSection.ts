import { formatCount } from '../../base/units.ts'
import type { SavedCheck } from '../runRecord.ts'
import { type Child, element, type Markup } from './markup.ts'
import { table } from './parts.ts'

const signs: Record<SavedCheck['verdict'], string> = { valid: '✓ valid', invalid: '✗ invalid', unknown: '? unknown' }

/** Each check with what it claimed, what it saw, and the evidence that it could have been otherwise. */
export function verdictTable(checks: readonly SavedCheck[]): Markup {
  if (checks.length === 0)
    return element(
      'p',
      { class: 'empty' },
      'No checker judged this history; what the test itself asserted is not in this table.',
    )
  const rows = checks.map(({ verdict, claim, found, witness, trace, checker }): Child[] => [
    element('span', { class: `verdict ${verdict}` }, signs[verdict] ?? verdict),
    [
      element('b', {}, claim),
      element('div', { class: 'found' }, found),
      trace && trace.length > 0
        ? element('details', {}, element('summary', {}, 'what led to it'), element('pre', {}, trace.join('\n')))
        : undefined,
      element('small', {}, checker),
    ],
    element(
      'ul',
      { class: 'witness' },
      Object.entries(witness ?? {}).map(([name, count]) =>
        element('li', {}, element('b', {}, formatCount(count)), ` ${inWords(name)}`),
      ),
    ),
  ])
  return table(['verdict', 'claim and what was found', 'evidence'], rows, 'verdicts')
}

function inWords(name: string): string {
  return name.replaceAll(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`)
}
