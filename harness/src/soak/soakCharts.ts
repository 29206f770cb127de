import { clock } from '../run/report/clock.ts'
import { type Child, element, type Markup } from '../run/report/markup.ts'

export interface Line {
  name: string
  /** Index into the colours. */
  colour: number
  /** Points of different parts are not joined: another process begins anew. */
  points: { x: number; y: number; part: string }[]
}

interface Over {
  /** The end of the time axis, ms; it begins with 0. */
  toX: number
  marks: { x: number; text: string }[]
}

const [width, height, left, bottom] = [1_000, 180, 52, 20]
const colours = ['var(--p50)', 'var(--p99)', 'var(--info)', 'var(--p95)', 'var(--leads)']
const mostPoints = 600

/** Lines over the time of the soak, from 0 upwards. Long series are drawn by the highest of neighbours. */
export function lineChart(title: string, lines: readonly Line[], { toX, marks }: Over): Markup {
  const most = Math.max(1, ...lines.flatMap(({ points }) => points.map(({ y }) => y))) * 1.05
  const xOf = (x: number) => left + (Math.min(x, toX) / toX) * (width - left)
  const yOf = (y: number) => (height - bottom) * (1 - y / most)
  const drawn = lines.map(({ points, colour }) =>
    [...Map.groupBy(points, ({ part }) => part).values()].map((part) =>
      element('polyline', {
        fill: 'none',
        stroke: colours[colour % colours.length] as string,
        'stroke-width': 1.5,
        points: thinned(part)
          .map(({ x, y }) => `${xOf(x).toFixed(1)},${yOf(y).toFixed(1)}`)
          .join(' '),
      }),
    ),
  )
  const key = lines.map(({ name, colour }) =>
    element('span', { style: `color:${colours[colour % colours.length]}` }, ` ${name}`),
  )
  return figure(title, key, [
    [0, 0.5, 1].map((part) =>
      text(4, Math.max(12, yOf(most * part * 0.95) - 2), (most * part * 0.95).toFixed(most < 10 ? 1 : 0)),
    ),
    [0, 0.5, 1].map((part) => rule(yOf(most * part * 0.95))),
    marks.map(({ x, text: words }) => [
      element('line', {
        x1: xOf(x),
        x2: xOf(x),
        y1: 0,
        y2: height - bottom,
        stroke: 'var(--quiet)',
        'stroke-dasharray': '4 4',
      }),
      text(xOf(x) + 4, 12, words),
    ]),
    times(toX, xOf),
    drawn,
  ])
}

interface Bar {
  fromX: number
  toX: number
  colour: string
  /** Shown when it is pointed at. */
  text: string
}

const stripHeight = 46

/** What lasted from one time to another. */
export function strip(title: string, bars: readonly Bar[], toX: number): Markup {
  const xOf = (x: number) => left + (Math.min(x, toX) / toX) * (width - left)
  const drawn = bars.map(({ fromX, toX: end, colour, text: words }) =>
    element(
      'rect',
      {
        x: xOf(fromX).toFixed(1),
        y: 4,
        width: Math.max(0.8, xOf(end) - xOf(fromX) - 0.6).toFixed(1),
        height: 20,
        fill: colour,
        opacity: 0.55,
      },
      element('title', {}, words),
    ),
  )
  return figure(title, undefined, [drawn, times(toX, xOf, stripHeight)], stripHeight)
}

function figure(title: string, key: Child, children: Child, high = height): Markup {
  return element(
    'figure',
    { class: 'chart' },
    element('figcaption', {}, element('b', {}, title), key),
    element(
      'svg',
      { viewBox: `0 0 ${width} ${high}`, role: 'img', 'aria-label': title, style: 'width:100%;height:auto' },
      children,
    ),
  )
}

function times(toX: number, xOf: (x: number) => number, high = height): Markup[] {
  return [0, 0.25, 0.5, 0.75].map((part) => text(xOf(toX * part), high - 4, clock(toX * part, 1_000)))
}

const rule = (y: number) => element('line', { x1: left, x2: width, y1: y, y2: y, stroke: 'var(--line)' })
const text = (x: number, y: number, words: string) =>
  element('text', { x: x.toFixed(1), y: y.toFixed(1), fill: 'var(--quiet)', 'font-size': 12 }, words)

function thinned<Point extends { y: number }>(points: readonly Point[]): Point[] {
  const each = Math.ceil(points.length / mostPoints)
  if (each <= 1) return [...points]
  return Array.from({ length: Math.ceil(points.length / each) }, (_, at) =>
    points.slice(at * each, (at + 1) * each).reduce((highest, point) => (point.y > highest.y ? point : highest)),
  )
}
