export interface RateSearch {
  /** A rate that is known to be held, or 0. */
  heldPerSecond: number
  /** Rates to step up through, ascending. Those up to the one that is held are left out. */
  stepsPerSecond: readonly number[]
  /** It is close enough once the lowest rate that was missed is at most so many times the highest that was held. */
  closeRatio: number
}

export interface RateFound {
  /** 0 if none was held. */
  heldPerSecond: number
  /** Absent if every step was held. */
  missedPerSecond?: number
}

const roundPerSecond = 500

/** Steps up until a rate is missed, then looks for the highest one that is held between it and the last one that was. */
export async function highestRate(
  search: RateSearch,
  isHeld: (perSecond: number) => Promise<boolean>,
): Promise<RateFound> {
  let { heldPerSecond } = search
  let missedPerSecond = Number.POSITIVE_INFINITY
  for (const perSecond of search.stepsPerSecond) {
    if (perSecond <= heldPerSecond) continue
    if (await isHeld(perSecond)) heldPerSecond = perSecond
    else {
      missedPerSecond = perSecond
      break
    }
  }
  if (missedPerSecond === Number.POSITIVE_INFINITY) return { heldPerSecond }
  while (missedPerSecond > heldPerSecond * search.closeRatio) {
    const between: number = Math.round((heldPerSecond + missedPerSecond) / 2 / roundPerSecond) * roundPerSecond
    if (between <= heldPerSecond || between >= missedPerSecond) break
    if (await isHeld(between)) heldPerSecond = between
    else missedPerSecond = between
  }
  return { heldPerSecond, missedPerSecond }
}
