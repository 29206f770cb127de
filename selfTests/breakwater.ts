import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa, type ResultPromise } from 'execa'
import { holdToSchemas } from './schema.ts'

const root = join(import.meta.dirname, '..')
const bin = join(root, 'harness', 'bin', 'breakwater.js')

/** Guards made to end in every way; not part of the suite. */
export const samples = { BREAKWATER_GUARDS: 'selfTests/samples/*.sample.ts' }

export interface Ended {
  exitCode: number
  stdout: string
  stderr: string
}

/** Runs the command line as a user does and waits for its end. What it prints as JSON is held to the published schema. */
export async function breakwater(words: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const { exitCode, stdout, stderr } = await start(words, env)
  if (words.includes('--json') && stdout.startsWith('{')) holdToSchemas(words[0] ?? '', JSON.parse(stdout))
  return { exitCode: exitCode ?? -1, stdout, stderr }
}

/** The command line in words that any user can start anywhere. */
export function command(words: readonly string[]): [string, ...string[]] {
  return [process.execPath, bin, ...words]
}

export function start(
  words: readonly string[],
  env: Record<string, string> = {},
): ResultPromise<{ reject: false; stdin: 'ignore' }> {
  const [program, ...rest] = command(words)
  return execa(program, rest, { cwd: root, env, reject: false, stdin: 'ignore' })
}

/** A folder for one test, gone afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-self-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export const repositoryRoot = root
