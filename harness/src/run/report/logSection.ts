import { clock } from './clock.ts'
import { marksInWords } from './logMarks.ts'
import { type Child, element } from './markup.ts'
import { linkTo } from './parts.ts'
import type { LogMark, MarkList } from './reportData.ts'

/** The lines that a person would look for, each with those around it. */
export function logSection(marks: MarkList, startMs: number): Child[] {
  if (marks.shown.length === 0) {
    return [element('p', { class: 'empty' }, 'No error, no warning, and none of the lines that its system marks.')]
  }
  return [
    element('p', { class: 'note' }, marksInWords(marks)),
    element(
      'div',
      { class: 'marks', tabindex: 0, role: 'region', 'aria-label': 'Lines of the logs' },
      marks.shown.map((mark, id) => markOf(mark, id, startMs)),
    ),
  ]
}

function markOf(mark: LogMark, id: number, startMs: number): Child {
  const { node, incarnation, atMs, name, text, log, line, lines, at } = mark
  return element(
    'details',
    { id: `mark-${id}`, class: `mark ${classOfMark(name)}` },
    element(
      'summary',
      {},
      element('time', {}, clock(atMs - startMs)),
      element('span', { class: 'node' }, `${node}.${incarnation}`),
      element('span', { class: 'name' }, name),
      element('span', { class: 'text' }, text),
    ),
    element(
      'div',
      { class: 'lines' },
      element('p', {}, linkTo(log), `, line ${line}`),
      element(
        'pre',
        {},
        lines.map((each, index) => element('span', { class: index === at ? 'line here' : 'line' }, `${each}\n`)),
      ),
    ),
  )
}

/** Errors and warnings have colours of their own, marks of a system share one. */
export function classOfMark(name: string): string {
  return name === 'error' || name === 'warning' ? `mark-${name}` : 'mark-state'
}
