/** Milliseconds since the epoch with a fraction, never stepping back within this process. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now()
}

/** Resolves after `ms`, or once aborted. For polls and injected delays only: a test waits for a reading, not for time. */
export function after(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const timer = setTimeout(done, ms)
    function done() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    signal?.addEventListener('abort', done, { once: true })
  })
}
