export type Unit = 'ms' | 'bytes' | 'rows' | 'ratio' | 'sockets' | 'kills' | 'operations' | 'perSecond' | 'terms'

/** A bound with a unit and a source. Tests keep theirs in integrationTests/budgets.ts. */
export interface Budget {
  readonly name: string
  readonly limit: number
  readonly unit: Unit
  /** Where the number comes from: a promise, a measurement, an issue. */
  readonly source: string
}

export function budget(name: string, limit: number, unit: Unit, source: string): Budget {
  if (!(limit > 0)) throw new RangeError(`budget ${name} must be above 0, not ${limit}`)
  return { name, limit, unit, source }
}
