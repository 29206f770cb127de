import { closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { execa } from 'execa'
import { nowMs } from '../base/clock.ts'
import { HarnessError } from '../base/errors.ts'
import { readEntry, requireLinux } from '../probe/processTable.ts'
import { goDirectToNodes, withLoopbackDirect } from './directToNodes.ts'
import { openLoopbackSite } from './loopbackSite.ts'
import { describeProcesses, membersOf, sweepGroups } from './processGroup.ts'
import { ProcessLife } from './processLife.ts'
import type { Capability, LaunchPlan, Life, Runtime, Site } from './runtime.ts'
import { runnerTagName, watchdog } from './watchdog.ts'

/** Variables of the test runner, and options meant for our own process, that a node must not see. */
const ownVariables =
  /^(NODE_OPTIONS|NODE_ENV|NODE_V8_COVERAGE|NODE_CHANNEL_.*|VITEST.*|TEST|PROD|DEV|MODE|SSR|BASE_URL)$/

/** Nodes as plain processes of this machine. Throws PLATFORM_LACKS elsewhere than on Linux. */
export async function openProcessRuntime(): Promise<Runtime> {
  requireLinux('The process runtime')
  await goDirectToNodes()
  return new LocalProcesses()
}

class LocalProcesses implements Runtime {
  readonly name = 'process'
  readonly can: ReadonlySet<Capability> = new Set([
    'pause',
    'faultPreload',
    'addressPerNode',
    'linkProxy',
    'clockOffset',
  ])
  readonly #lives = new Set<ProcessLife>()
  #closed = false

  openSite(nodeCount: number): Promise<Site> {
    return openLoopbackSite(nodeCount)
  }

  async launch(plan: LaunchPlan): Promise<Life> {
    if (this.#closed) throw new HarnessError('BAD_USAGE', `${plan.node} cannot be launched: the runtime is closed.`)
    const [program, ...args] = plan.command
    if (program === undefined) throw new HarnessError('BAD_USAGE', `The command of ${plan.node} is empty.`)
    if (!statSync(plan.cwd, { throwIfNoEntry: false })?.isDirectory()) {
      throw new HarnessError(
        'BAD_USAGE',
        `${plan.node} cannot be launched: its working folder ${plan.cwd} does not exist.`,
      )
    }
    mkdirSync(dirname(plan.logPath), { recursive: true })
    watchdog.start()
    // The types of execa know the descriptors 3 to 9 only; it hands any number on as it is.
    const log = openSync(plan.logPath, 'a') as 3
    const env = environmentOf(plan)
    const startedAtMs = nowMs()
    // Straight to the file, no pipe: the node never waits for us to read, and what it wrote is there when we die.
    const subprocess = execa(program, args, {
      cwd: plan.cwd,
      env,
      extendEnv: false,
      stdio: ['ignore', log, log],
      detached: true,
      cleanup: false,
      buffer: false,
      reject: false,
    })
    closeSync(log)
    const pid = subprocess.pid
    if (pid === undefined) {
      const failed = await subprocess
      throw new HarnessError(
        'COMMAND_NOT_FOUND',
        `The command of ${plan.node} cannot be run: ${plan.command.join(' ')} (${failed.code ?? failed.shortMessage}).`,
        { cause: failed },
      )
    }
    // A process that has ended already keeps its entry until we collect it, which takes a turn of the event loop.
    const group = { groupId: pid, startTicks: readEntry(pid)?.startTicks ?? 0 }
    watchdog.add(group)
    const life = new ProcessLife({ ...plan, env }, group, startedAtMs, Promise.resolve(subprocess))
    this.#lives.add(life)
    return life
  }

  ownFolder(path: string): void {
    watchdog.folder(resolve(path))
  }

  disownFolder(path: string): void {
    watchdog.forgetFolder(resolve(path))
  }

  async leftovers(): Promise<string[]> {
    const lives = this.#ours()
    const members = membersOf(lives.map((life) => life.group))
    const left: string[] = []
    for (const life of lives) {
      const own = members.filter((entry) => entry.groupId === life.pid)
      if (own.length > 0) left.push(`${life.name} left process group ${life.pid} alive: ${describeProcesses(own)}`)
      else if (life.exit !== undefined) this.#lives.delete(life)
    }
    return left
  }

  async close(): Promise<void> {
    this.#closed = true
    const lives = this.#ours()
    // The sweep is the judge of what is left, of all lives and not of the first that made trouble.
    await Promise.allSettled(lives.map((life) => life.kill()))
    await sweepGroups(lives.map((life) => life.group))
    for (const life of lives) this.#lives.delete(life)
  }

  /** What was kept is no longer ours to end or to report. */
  #ours(): ProcessLife[] {
    for (const life of this.#lives) if (life.kept) this.#lives.delete(life)
    return [...this.#lives]
  }
}

function environmentOf(plan: LaunchPlan): Record<string, string> {
  const inherited = Object.entries(withLoopbackDirect(process.env)).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !ownVariables.test(entry[0]),
  )
  return { ...Object.fromEntries(inherited), ...plan.env, [runnerTagName]: watchdog.tag }
}
