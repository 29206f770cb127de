import { type Fault, type FaultCounts, openFault } from '../base/fault.ts'
import type { Imposition } from '../network/imposition.ts'
import type { Link } from '../network/link.ts'
import type { Rule } from '../network/rule.ts'

/** Opens rules on several links as one fault; its counts are the sums over links and rules. */
export function imposeRule(options: {
  name: string
  kind: string
  targets: readonly string[]
  links: readonly Link[]
  rules: readonly Rule[]
}): Fault {
  const impositions: Imposition[] = []
  const lift = () => {
    for (const imposition of impositions) imposition.lift()
  }
  try {
    for (const link of options.links) for (const rule of options.rules) impositions.push(link.impose(rule))
  } catch (error) {
    lift() // without a handle nobody else could
    throw error
  }
  return openFault({
    name: options.name,
    kind: options.kind,
    targets: options.targets,
    backend: 'links',
    counts: () => sumCounts(impositions.map((imposition) => imposition.counts())),
    effects: () => impositions.reduce((sum, imposition) => sum + imposition.effects(), 0),
    heal: lift,
  })
}

export function sumCounts(counts: readonly FaultCounts[]): FaultCounts {
  const sums: Record<string, number> = {}
  for (const count of counts) {
    for (const [name, value] of Object.entries(count)) sums[name] = (sums[name] ?? 0) + value
  }
  return sums
}
