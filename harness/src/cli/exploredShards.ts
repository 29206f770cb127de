import { shownPath } from '../base/shownPath.ts'
import { shownLine } from '../base/shownText.ts'
import { outcomeOf } from '../explore/explore.ts'
import { writeMergedPage } from '../explore/explorePage.ts'
import { type MergedExploration, mergeExplorations } from '../explore/mergeExplorations.ts'
import { readExplorations } from '../explore/readExplorations.ts'
import { pc } from './colours.ts'
import { exitCodes } from './exitCodes.ts'
import { describeExploration, shownFrom } from './exploreView.ts'

/**
 * Puts the shards of an exploration together: text, one page, one JSON. Resolves to the exit code that the exploration would have ended
 * with, had one machine done it. A shard that is missing, or cannot be read, is no evidence.
 */
export function reportShards(folders: readonly string[], { json, html }: { json: boolean; html?: string }): number {
  const root = process.cwd()
  const { read, unread } = readExplorations(folders)
  for (const sentence of unread) process.stderr.write(`${pc.yellow(shownLine(sentence))}\n`)
  const merged = mergeExplorations(read)
  const shown = shownFrom(merged, root)
  if (html !== undefined) {
    writeMergedPage(html, shown)
    process.stderr.write(`report: ${shownPath(html)}\n`)
  }
  process.stdout.write(json ? `${JSON.stringify(shown)}\n` : textOf(merged, root))
  const isWhole = merged.missing.length === 0 && unread.length === 0
  const outcome = outcomeOf(merged)
  return exitCodes[outcome === 'passed' && !isWhole ? 'inconclusive' : outcome]
}

function textOf(merged: MergedExploration, root: string): string {
  const { shards, missing, system } = merged
  const own = shards.map(
    ({ shard, folder, runs, weak, found }) =>
      `  ${shard}  ${runs} runs, ${weak} of them weak, ${found} with findings  ${shownPath(folder)}`,
  )
  const parts = [
    ...describeExploration(merged, root),
    [`shards of the exploration of ${system}`, ...own].join('\n'),
    ...(missing.length > 0 ? [`${pc.yellow('missing')}  there is no result of shard ${missing.join(', ')}`] : []),
  ]
  return `${parts.join('\n\n')}\n`
}
