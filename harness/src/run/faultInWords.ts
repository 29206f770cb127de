import type { FaultCounts } from '../base/fault.ts'
import { formatBytes, formatCount, formatMs } from '../base/units.ts'

/** A target is a node, of whichever cluster, or a link: "n1", "c2/n1", "n1->n2". */
export function nodesOfTarget(target: string): string[] {
  return target.split(/[^\w/-]+|->/).map((name) => name.replace(/-$/, ''))
}

/** What a fault did: "refused 4.1 KiB", "12 calls failed". What it did not do is left out. */
export function countsInWords(counts: FaultCounts): string[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => countInWords(name, count))
}

function countInWords(name: string, count: number): string {
  const words = name.replaceAll(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`)
  if (/\bbytes\b/.test(words)) return `${words.replace(/ ?\bbytes\b ?/, '')} ${formatBytes(count)}`.trim()
  if (words.endsWith(' ms')) return `${words.slice(0, -3)} ${formatMs(count)}`
  // callsFailed, connectionsReset: what was counted comes first.
  return `${formatCount(count)} ${count === 1 ? words.replace(/s\b/, '') : words}`
}
