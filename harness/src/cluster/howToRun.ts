import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { HarnessError } from '../base/errors.ts'
import type { ContainerPlan, Runtime } from '../runtime/runtime.ts'
import type { NodePlan, System } from './system.ts'

/** What the kernel grants a node, where the runtime can say so. */
export interface NodeLimits {
  memoryLimitBytes?: number
  cpus?: number
  /** The data folder is a RAM disk of this size: an honest full disk, but empty again in the next life. */
  dataLimitBytes?: number
}

export interface HowToRun {
  command: readonly string[]
  env: Record<string, string>
  container?: ContainerPlan
  /** What the image must do, where a user brought it: a sentence. */
  contract?: string
}

/** What a system says for the runtime at hand. Throws ABILITY_MISSING, PLATFORM_LACKS. */
export async function howToRun<Client>(
  runtime: Runtime['name'],
  system: System<Client>,
  plan: NodePlan,
  { limits, shared }: { limits: NodeLimits; shared: readonly string[] },
): Promise<HowToRun> {
  if (runtime === 'process') {
    const limit = Object.entries(limits).find(([, value]) => value !== undefined)
    if (limit) {
      throw new HarnessError(
        'PLATFORM_LACKS',
        `Plain processes have no limit by the kernel (${limit[0]}); run with --runtime docker.`,
      )
    }
    const { command, env, preloads } = system.process(plan)
    return { command, env: { ...env, ...nodeJsEnvironment(preloads) } }
  }
  const spec = await system.container?.(plan)
  if (!spec) {
    throw new HarnessError('ABILITY_MISSING', `The system ${system.name} does not say how it runs in a container.`)
  }
  const { image, command = [], env, preloads } = spec
  const { dataLimitBytes, ...kernel } = limits
  const ramDisks = { ...spec.ramDisks, ...(dataLimitBytes === undefined ? {} : { [plan.dataFolder]: dataLimitBytes }) }
  const seen = [...shared, ...(preloads === undefined ? [] : [compileCache()])]
  return {
    command,
    env: { ...inheritedBy(system), ...env, ...nodeJsEnvironment(preloads) },
    container: {
      image,
      shared: seen.filter((path) => !(path in ramDisks)),
      ramDisks,
      ...kernel,
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    },
    ...(spec.contract === undefined ? {} : { contract: `The image ${image} of ${system.name} must ${spec.contract}.` }),
  }
}

/** What the names of all settings of a system's nodes begin with: `PEER_`. */
export function settingsPrefix({ name, settingsPrefix: own }: Pick<System, 'name' | 'settingsPrefix'>): string {
  return own ?? `${name.replace(/[A-Z]/g, '_$&').toUpperCase()}_`
}

/** A container does not inherit our environment: what is meant for the nodes goes in by name. */
function inheritedBy(system: Pick<System, 'name' | 'settingsPrefix'>): Record<string, string> {
  const prefix = settingsPrefix(system)
  const isMeant = (name: string) => name === 'BREAKWATER_KNOWN_BAD' || name.startsWith(prefix)
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && isMeant(entry[0]),
    ),
  )
}

/**
 * For systems on Node.js. The compile cache outlives runs: without it each start pays for stripping types, 20 MB of memory
 * included, and a memory ceiling would measure that.
 */
function nodeJsEnvironment(preloads: readonly string[] | undefined): Record<string, string> {
  if (preloads === undefined) return {}
  const quoted = preloads.map((path) => `"${path.replace(/["\\]/g, '\\$&')}"`)
  return { NODE_OPTIONS: quoted.map((path) => `--require ${path}`).join(' '), NODE_COMPILE_CACHE: compileCache() }
}

function compileCache(): string {
  const folder = process.env.NODE_COMPILE_CACHE ?? resolve('node_modules', '.cache', 'breakwater')
  mkdirSync(folder, { recursive: true })
  return folder
}
