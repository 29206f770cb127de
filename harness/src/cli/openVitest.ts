import { createVitest, type Reporter, type Vitest } from 'vitest/node'
import { HarnessError, messageOf } from '../base/errors.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Reads the configuration of the project; throws BAD_USAGE where there is none that can be read. */
export async function openVitest(root: string, reporter: Reporter): Promise<Vitest> {
  const before = signals.map((signal) => process.listeners(signal))
  let vitest: Vitest
  try {
    vitest = await createVitest(
      { root, watch: false, project: ['guards'], reporters: [reporter], retry: 0 },
      // Node 24 reads TypeScript by itself; to bundle it first would need a place to write in.
      { configLoader: 'native' } as object,
    )
  } catch (cause) {
    const message = messageOf(cause).split('\n')[0]
    throw new HarnessError('BAD_USAGE', `The configuration of ${root} cannot be used: ${message}`, { cause })
  }
  // Vitest would end this process some milliseconds after a signal, before anything that was judged is written down.
  for (const [at, signal] of signals.entries()) {
    for (const listener of process.listeners(signal)) {
      if (!before[at]?.includes(listener)) process.off(signal, listener)
    }
  }
  return vitest
}
