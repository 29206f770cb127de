import { formatBytes, formatCount, formatMs } from '../base/units.ts'
import { clock } from '../run/report/clock.ts'
import type { SoakEvent } from '../soak/soak.ts'
import type { SoakRecord } from '../soak/soakRecord.ts'
import type { WindowUnderWay } from '../soak/soakWindow.ts'
import { pc } from './colours.ts'
import { memoryWords, windowLine } from './soakWords.ts'

interface Watched {
  record: SoakRecord
  underWay: WindowUnderWay | undefined
  /** When the record's time was what it tells. */
  seenAtMs: number
}

const redrawEveryMs = 500
/** Where nobody watches a terminal, each window has its line, but not more of them than this. */
const calmEveryMs = 10_000

/** What a soak is doing: a few lines that are redrawn on a terminal, a line a window elsewhere. */
export class SoakView {
  readonly #out: NodeJS.WriteStream
  readonly #timer: NodeJS.Timeout | undefined
  readonly #soaks = new Map<string, Watched>()
  #drawnLines = 0
  #toldAtMs = Number.NEGATIVE_INFINITY

  constructor(out: NodeJS.WriteStream) {
    this.#out = out
    if (out.isTTY) this.#timer = setInterval(() => this.#draw(), redrawEveryMs)
  }

  take(system: string, event: SoakEvent): void {
    const { record } = event
    const underWay = event.type === 'underWay' ? event.underWay : undefined
    this.#soaks.set(system, { record, underWay, seenAtMs: performance.now() })
    if (event.type !== 'window') return
    const failed = event.window.findings.length > 0
    const now = performance.now()
    if (!failed && now - this.#toldAtMs < calmEveryMs) return
    this.#toldAtMs = now
    const head = this.#soaks.size > 1 ? `${system}  ` : ''
    this.print(
      `${head}${clock(record.elapsedMs, 1_000)} of ${clock(record.durationMs, 1_000)}  ${windowLine(event.window)}`,
    )
  }

  /** A line that stays. */
  print(line: string): void {
    this.#clear()
    this.#out.write(`${line}\n`)
    this.#draw()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#clear()
  }

  #draw(): void {
    if (!this.#out.isTTY) return
    this.#clear()
    const width = (this.#out.columns ?? 100) - 1
    const lines = [...this.#soaks].flatMap(([system, watched]) => statusLines(system, watched))
    // A line that wraps could not be cleared.
    for (const line of lines) this.#out.write(`${line.slice(0, width)}\n`)
    this.#drawnLines = lines.length
  }

  #clear(): void {
    if (this.#drawnLines > 0) this.#out.write(`\u001b[${this.#drawnLines}A\u001b[0J`)
    this.#drawnLines = 0
  }
}

/** Four lines on a soak as it stands. */
export function statusLines(system: string, { record, underWay, seenAtMs }: Watched): string[] {
  const elapsedMs = record.elapsedMs + (performance.now() - seenAtMs)
  const last = record.windows.at(-1)
  const calm = last?.calm
  const { ok, fail, info } = record.operations
  const open = underWay?.player?.open.map(({ family, targets }) => `${family} ${targets.join('-')}`) ?? []
  const rate = calm
    ? `${((calm.acknowledged * 1_000) / calm.durationMs).toFixed(0)}/s, p99 ${formatMs(calm.latencyP99Ms)} in the last calm`
    : 'no calm yet'
  return [
    pc.bold(
      `${system}  ${clock(elapsedMs, 1_000)} of ${clock(record.durationMs, 1_000)}  window ${underWay?.plan.number ?? record.nextWindow}: ${underWay?.phase ?? 'begins'}`,
    ),
    `  ${formatCount(ok)} operations, ${formatCount(fail + info)} failed under faults or not  ${rate}  disk ${formatBytes(record.diskBytes)}`,
    `  faults: ${formatCount(record.faults.healed)} healed, open now: ${open.join(', ') || 'none'}`,
    `  memory kept: ${memoryWords(record)}  verdicts: ${record.verdicts.map(({ checker, verdict }) => `${checker} ${verdict}`).join(', ')}`,
  ]
}
