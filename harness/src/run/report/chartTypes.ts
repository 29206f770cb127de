// Free of imports: the page's scripts are checked against these types, and know nothing of Node.js.

/** What the page's script draws: columns of numbers, with times in ms since the start. Every text in it may be hostile. */
export interface ChartData {
  /** ms since the epoch. */
  startMs: number
  spanMs: number
  nodes: ChartNode[]
  faults: ChartFault[]
  /** Of the operations over time: the middle of each stretch. */
  overTime: Record<'at' | 'okPerSecond' | 'failPerSecond' | 'infoPerSecond', number[]> &
    Record<'p50Ms' | 'p95Ms' | 'p99Ms' | 'maxMs', (number | null)[]> & { widthMs: number }
  points: ChartPoints
}

export interface ChartNode {
  name: string
  memory: { at: number[]; values: (number | null)[] }
  handles: { at: number[]; values: (number | null)[] }
  lives: { name: string; from: number; to: number; end: string; crashed: boolean }[]
  leads: { from: number; to: number; of: string }[]
  /** `id` is the place in the list of marks on the page. */
  marks: { at: number; id: number; name: string; text: string }[]
}

/** Faults of one name that follow close upon each other are one. */
export interface ChartFault {
  name: string
  kind: string
  /** Of `--fault-<n>`. */
  colour: number
  /** Names of nodes; empty: all. */
  nodes: string[]
  from: number
  to: number
  count: number
  did: string
  healed: boolean
}

/** Points by column; kinds, nodes, clients, keys and errors by their place in a list, -1 for none. */
export interface ChartPoints {
  at: number[]
  ms: number[]
  /** 0 ok, 1 fail, 2 info */
  outcome: number[]
  kind: number[]
  node: number[]
  client: number[]
  key: number[]
  error: number[]
  texts: string[]
}
