import { createHash } from 'node:crypto'
import { execa } from 'execa'
import { isSecretName, redact, redactCommand } from '../base/secrets.ts'

/** What a run was of. Two runs whose code is the same in all of this, the commit included, tested the same thing. */
export interface CodeUnderTest {
  /** Of the tree that the run was started in; absent where that is no git work tree. */
  commit?: string
  /** The tree differed from that commit. */
  dirty?: boolean
  /** Of a dirty tree, a hash of all that differs: 16 hex digits. */
  changes?: string
  /** The known-bad build that was put into the nodes. */
  knownBad?: string
  /** Builds that came in by environment, by variable: `BREAKWATER_PEER_IMAGE`. Secrets in their command lines are left out. */
  builds?: Readonly<Record<string, string>>
  /** What else was told to Breakwater by environment: `BREAKWATER_WORKERS`, a corpus. Secrets and what a runner tells its tests are left out. */
  settings?: Readonly<Record<string, string>>
}

/** How the runner speaks to its tests and nodes, and where guards lie: nothing that makes a result. */
const ofTheRunner =
  /^BREAKWATER_(GUARDS|COMPARISONS|SEED|RUNTIME|KEEP|RUN_FOLDER|PROGRESS|REPEAT|SCALE|KNOWN_BAD\w*|RUNNER|CONTROL|ERRORS|FAULTS|NODE|INCARNATION|DISK_\w+)$/
const ofABuild = /^BREAKWATER_\w+_(COMMAND|IMAGE)$/

/** Reads it from git and the environment. What git cannot tell is left out: a run is worth having without it. */
export async function codeUnderTest(root: string, env = process.env): Promise<CodeUnderTest> {
  return { ...(await treeOf(root)), ...givenByEnvironment(env) }
}

/** Its part that came in by environment, without secrets. */
export function givenByEnvironment(env = process.env): Pick<CodeUnderTest, 'knownBad' | 'builds' | 'settings'> {
  const knownBad = env.BREAKWATER_KNOWN_BAD
  const builds = Object.entries(env).flatMap(([name, value]) => {
    return value && ofABuild.test(name) ? [[name, redactCommand(value)] as const] : []
  })
  const settings = Object.entries(env).flatMap(([name, value]) => {
    const isSetting = /^BREAKWATER_\w+$/.test(name) && !ofTheRunner.test(name) && !ofABuild.test(name)
    return value && isSetting && !isSecretName(name) ? [[name, redact(value)] as const] : []
  })
  return {
    ...(knownBad ? { knownBad } : {}),
    ...(builds.length === 0 ? {} : { builds: Object.fromEntries(builds) }),
    ...(settings.length === 0 ? {} : { settings: Object.fromEntries(settings) }),
  }
}

/** One word for the same code; undefined where it cannot be known. */
export function fingerprintOf(code: CodeUnderTest | undefined): string | undefined {
  if (code?.commit === undefined) return undefined
  const builds = Object.entries(code.builds ?? {}).sort(([a], [b]) => a.localeCompare(b, 'en'))
  return JSON.stringify([code.commit, code.changes ?? '', code.knownBad ?? '', builds])
}

async function treeOf(root: string): Promise<Pick<CodeUnderTest, 'commit' | 'dirty' | 'changes'>> {
  const commit = (await git(root, ['rev-parse', 'HEAD']))?.trim()
  const changed = await git(root, ['diff', 'HEAD', '--binary', '--no-ext-diff'])
  const others = await git(root, ['ls-files', '-z', '--others', '--exclude-standard', '--full-name', ':/'])
  if (!commit || changed === undefined || others === undefined) return {}
  const names = others.split('\0').filter((name) => name !== '')
  if (changed === '' && names.length === 0) return { commit, dirty: false }
  const top = (await git(root, ['rev-parse', '--show-toplevel']))?.trim() ?? root
  // A file that is gone by now, or cannot be read, leaves no hash: then nobody can say what the tree was.
  const hashes = names.length === 0 ? '' : await git(top, ['hash-object', '--stdin-paths'], `${names.join('\n')}\n`)
  if (hashes === undefined) return { commit, dirty: true }
  const hash = createHash('sha256').update(changed).update(names.join('\0')).update(hashes).digest('hex')
  return { commit, dirty: true, changes: hash.slice(0, 16) }
}

/** Undefined where git is missing or refuses. */
async function git(cwd: string, words: readonly string[], input = ''): Promise<string | undefined> {
  const { exitCode, stdout } = await execa('git', words, { cwd, input, reject: false, stripFinalNewline: false })
  return exitCode === 0 ? stdout : undefined
}
