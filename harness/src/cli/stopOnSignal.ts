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
  /** Runs what keeps this process too busy to hear a signal: one that comes meanwhile ends the process at once. */
  undisturbed<T>(work: () => T): T
  end(): void
}

/**
 * The first SIGINT, SIGTERM or SIGHUP asks for an orderly end, the second leaves at once (the watchdog ends what is left then). So does the
 * end of `withinMs` after the first.
 */
export function stopOnSignal(onFirst: () => void, { withinMs }: { withinMs?: number } = {}): Stopping {
  const stop = new AbortController()
  let exitCode: number = exitCodes.interrupted
  let firstAtMs = 0
  let deadline: NodeJS.Timeout | undefined
  const listeners = Object.entries(signals).map(([signal, code]): [string, () => void] => {
    const listener = () => {
      if (stop.signal.aborted) {
        if (performance.now() - firstAtMs > samePressMs) process.exit(exitCode)
        return
      }
      firstAtMs = performance.now()
      exitCode = code
      if (withinMs !== undefined) deadline = setTimeout(() => process.exit(code), withinMs)
      stop.abort()
      onFirst()
    }
    return [signal, listener]
  })
  const listen = () => {
    for (const [signal, listener] of listeners) process.on(signal, listener)
  }
  const end = () => {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
  listen()
  return {
    signal: stop.signal,
    get exitCode() {
      return exitCode
    },
    undisturbed(work) {
      end()
      try {
        return work()
      } finally {
        listen()
      }
    },
    end() {
      // It stays for what may still keep this process, and keeps it no longer itself.
      deadline?.unref()
      end()
    },
  }
}
