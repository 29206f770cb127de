import type { Scale } from '../base/scale.ts'
import { redactedMark } from '../base/secrets.ts'
import { shellCommand, shellQuote } from '../base/shellQuote.ts'
import { shownPath } from '../base/shownPath.ts'
import { type CodeUnderTest, givenByEnvironment } from './codeUnderTest.ts'

/** The command that does a guard again with its seed, or an exploration's run with its plan. */
export function againCommand(
  what:
    | {
        id: string
        seed?: number | undefined
        runtime?: string | undefined
        scale?: Scale | undefined
        /** Its known-bad build, builds and settings go in by environment again. */
        code?: CodeUnderTest | undefined
      }
    | { plan: string },
): string {
  if ('plan' in what) return shellCommand(['npm', 'run', 'replay', '--', shownPath(what.plan)])
  const { id, seed, runtime = 'process', scale = 'gate', code } = what
  return `${environmentOf(code)}${shellCommand([
    ...['npm', 'run', 'suite', '--', id],
    ...(seed === undefined ? [] : ['--seed', seed]),
    ...(runtime === 'process' ? [] : ['--runtime', runtime]),
    ...(scale === 'gate' ? [] : ['--scale', scale]),
  ])}`
}

/**
 * "BREAKWATER_KNOWN_BAD=delete-resurrected " in front of a command. Of commands and files only those that this very process was given: a run
 * folder of others may name any. A value that was a secret is for whoever knows it to set.
 */
function environmentOf(code: CodeUnderTest | undefined): string {
  const { builds, settings } = givenByEnvironment()
  const own = { ...builds, ...settings }
  const given = Object.entries({ ...code?.builds, ...code?.settings }).filter(([name, value]) => own[name] === value)
  return assigned([
    ...(code?.knownBad === undefined ? [] : [['BREAKWATER_KNOWN_BAD', code.knownBad] as const]),
    ...given,
  ])
}

/** Of a command that names its known-bad build by itself, or in its folder: the builds and settings of this process. */
export function ownEnvironment(): string {
  const { builds, settings } = givenByEnvironment()
  return assigned(Object.entries({ ...builds, ...settings }))
}

function assigned(variables: readonly (readonly [string, string])[]): string {
  const known = variables.filter(([, value]) => !value.includes(redactedMark))
  return known.map(([name, value]) => `${name}=${shellQuote(value)} `).join('')
}

/**
 * The command that replays a run of an exploration which was made here: a system that its user named by a path has to be named again.
 * For the folder of somebody else that is for its reader to say.
 */
export function replayCommand(folder: string, system: string): string {
  return `${ownEnvironment()}${shellCommand(['npx', 'breakwater', 'replay', folder, ...pathAgain(system)])}`
}

/** The command that goes on with a soak which was made here. */
export function resumeCommand(folder: string, system: string): string {
  return `${ownEnvironment()}${shellCommand(['npx', 'breakwater', 'soak', '--resume', folder, ...pathAgain(system)])}`
}

function pathAgain(system: string): string[] {
  return /[./\\]/.test(system) ? ['--system', system] : []
}
