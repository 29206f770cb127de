import type { Scale } from '../base/scale.ts'
import { shellCommand } from '../base/shellQuote.ts'
import { shownPath } from '../base/shownPath.ts'

/** The command that does a guard again with its seed, or an exploration's run with its plan. */
export function againCommand(
  what:
    | { id: string; seed?: number | undefined; runtime?: string | undefined; scale?: Scale | undefined }
    | { plan: string },
): string {
  if ('plan' in what) return shellCommand(['npm', 'run', 'replay', '--', shownPath(what.plan)])
  const { id, seed, runtime = 'process', scale = 'gate' } = what
  return shellCommand([
    ...['npm', 'run', 'suite', '--', id],
    ...(seed === undefined ? [] : ['--seed', seed]),
    ...(runtime === 'process' ? [] : ['--runtime', runtime]),
    ...(scale === 'gate' ? [] : ['--scale', scale]),
  ])
}

/**
 * The command that replays a run of an exploration which was made here: a system that its user named by a path has to be named again.
 * For the folder of somebody else that is for its reader to say.
 */
export function replayCommand(folder: string, system: string): string {
  return shellCommand(['npx', 'breakwater', 'replay', folder, ...pathAgain(system)])
}

/** The command that goes on with a soak which was made here. */
export function resumeCommand(folder: string, system: string): string {
  return shellCommand(['npx', 'breakwater', 'soak', '--resume', folder, ...pathAgain(system)])
}

function pathAgain(system: string): string[] {
  return /[./\\]/.test(system) ? ['--system', system] : []
}
