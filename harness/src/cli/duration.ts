const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** "90s", "30m", "8h", "3d" in ms; undefined where the text is no such thing, or no time at all. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? []
  return Number(count) * (unitMs[unit] ?? Number.NaN) || undefined
}
