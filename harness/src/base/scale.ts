/** How large a run is: `gate` on every pull request, `full` where there is time. */
export const scales = ['gate', 'full'] as const
export type Scale = (typeof scales)[number]

/** How the runner tells it to the processes of its tests. */
export const scaleVariable = 'BREAKWATER_SCALE'

/** The scale that this process was told; without a runner it is that of the gate. Throws for what is no scale. */
export function readScale(env = process.env): Scale {
  const told = env[scaleVariable] || 'gate'
  if (scales.includes(told as Scale)) return told as Scale
  throw new RangeError(`${scaleVariable} must be one of ${scales.join(', ')}, not "${told}".`)
}

/**
 * The one place where a guard asks for its size, or for a time limit that grows with it:
 * `const workerCount = sized({ gate: 5_000, full: 100_000 })`. Known before any test runs, so it may stand at the top of a file.
 */
export function sized<T>(sizes: Readonly<Record<Scale, T>>): T {
  return sizes[readScale()]
}
