/** Colour of a fault by its kind: the class is `kind-<n>` of this list, and the last one takes all others. */
const kinds = ['kill', 'partition', 'isolate', 'slow', 'pause', 'fs', 'net', 'clock', 'reset', 'silence']
const aliases: Readonly<Record<string, string>> = { disk: 'fs', failDisk: 'fs', failNetwork: 'net', skewClock: 'clock' }

export function classOfKind(kind: string): string {
  return `kind-${colourOfKind(kind)}`
}

/** Its place in the lists of colours. */
export function colourOfKind(kind: string): number {
  const at = kinds.indexOf(aliases[kind] ?? kind)
  return at === -1 ? kinds.length : at
}

const light = [
  '#cf222e',
  '#bc4c00',
  '#bc4c00',
  '#9a6700',
  '#0969da',
  '#8250df',
  '#bf3989',
  '#1b7c83',
  '#953800',
  '#6639ba',
]
const dark = [
  '#ff7b72',
  '#f0883e',
  '#f0883e',
  '#d29922',
  '#58a6ff',
  '#bc8cff',
  '#f778ba',
  '#39c5cf',
  '#ffa657',
  '#d2a8ff',
]

const rest = { light: '#57606a', dark: '#8b949e' }

/** One for each kind of fault, then the one for all others. */
export const faultColours = { light: [...light, rest.light], dark: [...dark, rest.dark] }

/** Follows the reader's light or dark setting, also inside an <img>. */
export const style = `
svg { --paper: #ffffff; --ink: #1f2328; --quiet: #59636e; --line: #d8dee4; --lane: #f6f8fa; --life: #eef7f0;
  --edge: #2da44e; --curve: #1a7f37; --ok: #2da44e; --fail: #bf8700; --info: #8250df; --good: #1a7f37; --bad: #cf222e;
  --open: #9a6700; ${light.map((colour, at) => `--kind-${at}: ${colour};`).join(' ')} --kind-${kinds.length}: ${rest.light}; }
@media (prefers-color-scheme: dark) { svg { --paper: #0d1117; --ink: #e6edf3; --quiet: #9198a1; --line: #2b323b;
  --lane: #151b23; --life: #10201a; --edge: #3fb950; --curve: #56d364; --ok: #3fb950; --fail: #d29922; --info: #a371f7;
  --good: #3fb950; --bad: #ff7b72; --open: #d29922; ${dark.map((colour, at) => `--kind-${at}: ${colour};`).join(' ')}
  --kind-${kinds.length}: ${rest.dark}; } }
text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: var(--ink); }
.title { font-size: 18px; font-weight: 600; } .quiet { fill: var(--quiet); } .name { font-weight: 600; font-size: 13px; }
.small { font-size: 11px; fill: var(--quiet); } .paper { fill: var(--paper); } .grid { stroke: var(--line); stroke-width: 1; }
.lane { fill: var(--lane); } .life { fill: var(--life); stroke: var(--edge); stroke-opacity: .45; }
.memory { fill: var(--curve); fill-opacity: .22; } .curve { fill: none; stroke: var(--curve); stroke-width: 1.5; }
.peak { fill: var(--curve); } .crash { stroke: var(--bad); stroke-width: 2.5; stroke-linecap: round; }
.ok { fill: var(--ok); } .fail { fill: var(--fail); } .info { fill: var(--info); }
.valid { fill: var(--good); } .invalid { fill: var(--bad); } .unknown { fill: var(--open); } .mark { font-weight: 700; font-size: 13px; }
.shade { fill-opacity: .2; stroke-opacity: .6; stroke-dasharray: 3 3; }
${[...light.keys(), kinds.length].map((at) => `.kind-${at} { fill: var(--kind-${at}); stroke: var(--kind-${at}); }`).join('\n')}
text[class*="kind-"] { stroke: none; }`
