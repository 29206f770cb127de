import type { Observation } from '../history/observation.ts'
import type { Held } from './changes.ts'
import { type DigestsDiffer, type Found, heldBy, type Look } from './equalDigests.ts'
import { differencesOf, inWords, listingOf } from './listing.ts'
import { ofTable } from './reading.ts'

/** Whether the rows are equal: by themselves, or beside digests, whose difference they tell or whose equality they refute. */
export function judgeRows(
  look: Look & { rows: readonly Observation[]; digests: readonly Observation[]; digestsDiffer: DigestsDiffer },
  found: Found,
): void {
  const { table, part, rows, digests, digestsDiffer, changes } = look
  if (rows.length < 2) return
  const differences = differencesOf(rows.map(listingOf))
  if (differences.length === 0) {
    if (digestsDiffer === 'refuted') addToLast(found.refutations, 'though rows are equal')
    return
  }
  const held = new Map<string, Held>(rows.map((reading) => [reading.node, heldBy(part, reading)]))
  const standing = differences.filter(
    ({ first, node, name, fault }) =>
      fault !== 'otherType' && !changes.mayExplain(held.get(first) as Held, held.get(node) as Held, name),
  )
  const sentence = `the rows${ofTable(table)} differ: ${inWords(differences).join('; ')}`
  if (standing.length === 0) {
    const ofTypes = differences.every(({ fault }) => fault === 'otherType')
    found.doubts.push(
      `${sentence}, but ${ofTypes ? 'they may be one' : 'something may have changed between the looks'}`,
    )
    return
  }
  const told = inWords(standing).join('; ')
  const equal = digests.length > 1 && digestsDiffer === 'no'
  // Rows that were read before the digests may have become equal since.
  if (equal && rows.some(({ node, atMs }) => digests.some((each) => each.node === node && each.atMs > atMs))) {
    found.doubts.push(`${sentence}; they were read before the digests, which are equal`)
    return
  }
  if (digestsDiffer === 'refuted') addToLast(found.refutations, told)
  else if (equal) {
    found.refutations.push(`the digest${ofTable(table)} lies: it is equal, and the rows differ: ${told}`)
    found.offenders.push(...digests.map(({ node, value }) => ({ fault: 'digestLies', node, value })))
  } else found.refutations.push(`the rows${ofTable(table)} differ: ${told}`)
  const ofOne = table === undefined ? {} : { table }
  found.offenders.push(...standing.map(({ fault, node, shown }) => ({ fault, node, key: shown, ...ofOne })))
}

function addToLast(sentences: string[], words: string): void {
  sentences.push(`${sentences.pop()}; ${words}`)
}
