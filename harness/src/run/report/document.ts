import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { formatBytes, formatCount, formatMs } from '../../base/units.ts'
import { faultColours } from '../timeline/style.ts'
import { clock } from './clock.ts'
import { type Child, element, jsonInScript, Markup } from './markup.ts'

/** In the order in which they need each other: they are plain scripts and share what they declare. */
const scripts = ['tip', 'charts', 'faults', 'marks', 'lanes', 'operations', 'main']
const folder = join(import.meta.dirname, 'page')

interface Parts {
  title: string
  body: readonly Child[]
  /** For the scripts of the charts; without it there are none. */
  data?: unknown
}

/**
 * A page that needs nothing but itself: styles and scripts stand in it, and its policy forbids whatever else it might ask for. No
 * script but those written here runs in it, whatever a log line holds.
 */
export function documentOf({ title, body, data }: Parts): string {
  const code = [pageScript('page'), ...(data === undefined ? [] : [plotScript(), units(), ...scripts.map(pageScript)])]
  const sources = code.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
  const policy = `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src ${sources.join(' ')}; base-uri 'none'; form-action 'none'`
  const head = element(
    'head',
    {},
    element('meta', { charset: 'utf-8' }),
    element('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    element('meta', { name: 'color-scheme', content: 'light dark' }),
    element('link', { rel: 'icon', href: 'data:,' }),
    element('title', {}, title),
    new Markup(`<style>${data === undefined ? '' : plotStyle()}${faultStyle()}${read('style.css')}</style>`),
  )
  const dataScript =
    data === undefined ? [] : [`<script type="application/json" id="data">${jsonInScript(data)}</script>`]
  const end = [...dataScript, ...code.map((text) => `<script>${text}</script>`)].join('\n')
  return `<!doctype html>\n${element('html', { lang: 'en' }, head, element('body', {}, ...body, new Markup(end))).html}\n`
}

const files = new Map<string, string>()

function cached(name: string, make: () => string): string {
  const known = files.get(name) ?? make()
  files.set(name, known)
  return known
}

const read = (name: string) => cached(name, () => readFileSync(join(folder, name), 'utf8'))
const pageScript = (name: string) => read(`${name}.js`)
const plotFile = (name: string) =>
  cached(name, () => readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${name}`), 'utf8'))
const plotScript = () => plotFile('uPlot.iife.min.js')
const plotStyle = () => plotFile('uPlot.min.css')

/** Sizes and times read the same on the page as in the terminal, since the same functions write them: their source has no types left. */
const units = () => [clock, formatCount, formatMs, formatBytes].map(String).join('\n')

function faultStyle(): string {
  const of = (colours: readonly string[]) => colours.map((colour, at) => `--fault-${at}:${colour};`).join('')
  const dark = of(faultColours.dark)
  return `:root{${of(faultColours.light)}}@media (prefers-color-scheme:dark){:root:not([data-theme=light]){${dark}}}:root[data-theme=dark]{${dark}}`
}
