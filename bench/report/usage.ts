/** CPU and peak memory of this process so far, as one JSON line. */
export function tellUsage(): void {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  const measured = { cpuMs: (userCPUTime + systemCPUTime) / 1_000, peakRssBytes: maxRSS * 1024 }
  process.stdout.write(`${JSON.stringify(measured)}\n`)
}
