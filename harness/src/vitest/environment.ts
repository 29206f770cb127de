import { parseWholeNumber } from '../base/numbers.ts'
import { Seed } from '../base/seed.ts'

/** What the CLI tells the test processes. Without a CLI each has a default, so a test also runs under plain vitest. */
export interface Environment {
  seed: Seed | undefined
  runFolder: string | undefined
  keep: boolean
  runtime: string
  repeat: number
  /** A known-bad build is loaded into the nodes. */
  knownBad: boolean
}

export function readEnvironment(env = process.env): Environment {
  const seed = env.BREAKWATER_SEED || env.SEED
  return {
    // What is no number is told so, as on the command line.
    seed: seed ? new Seed(parseWholeNumber(seed) ?? Number.NaN) : undefined,
    runFolder: env.BREAKWATER_RUN_FOLDER,
    keep: env.BREAKWATER_KEEP === '1',
    runtime: env.BREAKWATER_RUNTIME ?? 'process',
    repeat: Number(env.BREAKWATER_REPEAT ?? 1),
    knownBad: Boolean(env.BREAKWATER_KNOWN_BAD),
  }
}
