import type { GuardOutcome } from '../runRecord.ts'
import { type Child, element, type Markup } from './markup.ts'

const words: Record<GuardOutcome, string> = {
  passed: '✓ passed',
  failed: '✗ failed',
  inconclusive: '? inconclusive',
  notRun: '– not run',
}

/** Told by a sign and a word, not by colour alone. */
export function badge(outcome: GuardOutcome): Markup {
  return element('span', { class: `badge ${outcome}` }, words[outcome])
}

export function pageHeader(head: {
  title: string
  badge?: Markup | undefined
  facts: readonly string[]
  up?: string
}): Markup {
  return element(
    'header',
    {},
    element(
      'div',
      { class: 'bar' },
      head.up === undefined
        ? element('span', { class: 'brand' }, 'Breakwater')
        : element('a', { href: head.up }, '← the whole run'),
      element('button', { type: 'button', id: 'theme', 'aria-label': 'Light or dark' }, '◐'),
    ),
    element('h1', {}, head.title, head.badge === undefined ? undefined : [' ', head.badge]),
    element(
      'p',
      { class: 'facts' },
      head.facts.map((fact) => element('span', {}, fact)),
    ),
  )
}

export function section(title: string, ...children: readonly Child[]): Markup {
  return element('section', {}, element('h2', {}, title), ...children)
}

/** A command with a button that copies it. */
export function commandBox(command: string): Markup {
  return element(
    'p',
    { class: 'again' },
    element('span', {}, 'Again'),
    element('code', {}, command),
    element('button', { type: 'button', class: 'copy', 'data-copy': command }, 'copy'),
  )
}

/** A wide table scrolls by itself, so that the page does not. */
export function table(head: readonly string[], rows: readonly (readonly Child[])[], css = ''): Markup {
  return element(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': head.join(', ') },
    element(
      'table',
      { class: css || undefined },
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          head.map((name) => element('th', { scope: 'col' }, name)),
        ),
      ),
      element(
        'tbody',
        {},
        rows.map((cells) =>
          element(
            'tr',
            {},
            cells.map((cell, at) => element('td', { 'data-head': head[at] }, cell)),
          ),
        ),
      ),
    ),
  )
}

/** A file beside the page. */
export function linkTo(path: string, text = path): Markup {
  return element('a', { href: path.split('/').map(encodeURIComponent).join('/') }, text)
}
