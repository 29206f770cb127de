/** Something that wants to be called at a steady pace. */
export interface Sampled {
  readonly everyMs: number
  sample(): void
}

/**
 * One timer for every probe of this process: 5 probes on one timer wake the event loop 100 times a second, on five timers
 * 500 times. The timer runs at the pace of the fastest probe; a slower one is served when it is due.
 */
const due = new Map<Sampled, number>()
let timer: NodeJS.Timeout | undefined
let timerEveryMs = Number.POSITIVE_INFINITY

export function startSampling(probe: Sampled): void {
  due.set(probe, performance.now() + probe.everyMs)
  pace()
}

export function stopSampling(probe: Sampled): void {
  if (due.delete(probe)) pace()
}

function pace(): void {
  const everyMs = Math.min(...[...due.keys()].map((probe) => probe.everyMs))
  if (everyMs === timerEveryMs) return
  clearInterval(timer)
  timerEveryMs = everyMs
  timer = Number.isFinite(everyMs) ? setInterval(tick, everyMs) : undefined
  timer?.unref()
}

function tick(): void {
  const now = performance.now()
  for (const [probe, dueAt] of due) {
    // Timers fire up to 1 ms early or late; half a period of slack keeps a probe from missing every second turn.
    if (now < dueAt - timerEveryMs / 2) continue
    due.set(probe, Math.max(dueAt + probe.everyMs, now))
    probe.sample()
  }
}
