import { exitCodes } from './exitCodes.ts'

/** The first SIGINT or SIGTERM asks for an orderly end, the second leaves at once (the watchdog ends what is left then). */
export function stopOnSignal(onFirst: () => void): { signal: AbortSignal; end: () => void } {
  const stop = new AbortController()
  const interrupt = () => {
    if (stop.signal.aborted) process.exit(exitCodes.interrupted)
    stop.abort()
    onFirst()
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  return {
    signal: stop.signal,
    end() {
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', interrupt)
    },
  }
}
