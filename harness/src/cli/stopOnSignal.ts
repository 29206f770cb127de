import { exitCodes } from './exitCodes.ts'

const signals = { SIGINT: exitCodes.interrupted, SIGTERM: exitCodes.terminated, SIGHUP: exitCodes.hungUp } as const

/**
 * One press of Ctrl-C can arrive twice: from the terminal, which signals the whole group, and from npm or our own starter, which pass
 * it on. What comes within this time after the first is the same press.
 */
const samePressMs = 250

export interface Stopping {
  readonly signal: AbortSignal
  /** What to end with: 130, or 143 and 129 for SIGTERM and SIGHUP. */
  readonly exitCode: number
  end(): void
}

/** The first SIGINT, SIGTERM or SIGHUP asks for an orderly end, the second leaves at once (the watchdog ends what is left then). */
export function stopOnSignal(onFirst: () => void): Stopping {
  const stop = new AbortController()
  let exitCode: number = exitCodes.interrupted
  let firstAtMs = 0
  const listeners = Object.entries(signals).map(([signal, code]) => {
    const listener = () => {
      if (stop.signal.aborted) {
        if (performance.now() - firstAtMs > samePressMs) process.exit(exitCode)
        return
      }
      firstAtMs = performance.now()
      exitCode = code
      stop.abort()
      onFirst()
    }
    process.on(signal, listener)
    return () => process.off(signal, listener)
  })
  return {
    signal: stop.signal,
    get exitCode() {
      return exitCode
    },
    end() {
      for (const off of listeners) off()
    },
  }
}
