import { type Fault, type FaultCounts, openFault } from '../base/fault.ts'
import type { Link } from '../network/link.ts'
import type { Rule } from '../network/rule.ts'

/** Opens one rule on several links as one fault; its counts are the sums over the links. */
export function imposeRule(options: {
  name: string
  kind: string
  targets: readonly string[]
  links: readonly Link[]
  rule: Rule
}): Fault {
  const impositions = options.links.map((link) => link.impose(options.rule))
  return openFault({
    name: options.name,
    kind: options.kind,
    targets: options.targets,
    counts: () => sumCounts(impositions.map((imposition) => imposition.counts())),
    heal: () => {
      for (const imposition of impositions) imposition.lift()
    },
  })
}

export function sumCounts(counts: readonly FaultCounts[]): FaultCounts {
  const sums: Record<string, number> = {}
  for (const count of counts) {
    for (const [name, value] of Object.entries(count)) sums[name] = (sums[name] ?? 0) + value
  }
  return sums
}
