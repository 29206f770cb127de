import type { Scale } from '../base/scale.ts'
import { shownPath } from '../base/shownPath.ts'

/** The command that does a guard again with its seed, or an exploration's run with its plan. */
export function againCommand(
  what:
    | { id: string; seed?: number | undefined; runtime?: string | undefined; scale?: Scale | undefined }
    | { plan: string },
): string {
  if ('plan' in what) return `npm run replay -- ${shownPath(what.plan)}`
  const { id, seed, runtime = 'process', scale = 'gate' } = what
  return [
    `npm run suite -- ${id.includes(' ') ? JSON.stringify(id) : id}`,
    ...(seed === undefined ? [] : [`--seed ${seed}`]),
    ...(runtime === 'process' ? [] : [`--runtime ${runtime}`]),
    ...(scale === 'gate' ? [] : [`--scale ${scale}`]),
  ].join(' ')
}
