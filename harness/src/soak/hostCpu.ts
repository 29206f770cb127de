import { readFileSync } from 'node:fs'

/** Processor time of this machine since its start, over all its processors, in ticks of the kernel. */
export interface HostCpu {
  total: number
  busy: number
}

export function readHostCpu(): HostCpu {
  return parseHostCpu(readFileSync('/proc/stat', 'utf8'))
}

/** The first line is "cpu user nice system idle iowait irq softirq steal …"; guests are in user already. */
export function parseHostCpu(stat: string): HostCpu {
  const ticks = (stat.split('\n')[0] ?? '').split(/\s+/).slice(1, 9).map(Number)
  const total = ticks.reduce((sum, each) => sum + each, 0)
  return { total, busy: total - (ticks[3] ?? 0) - (ticks[4] ?? 0) }
}

/** The kernel's ticks: a hundred a second on every Linux that Node.js runs on. */
const tickMs = 10

/** How much of this machine others had between two readings, 0 to 1: all that was busy less what is known to be ours. */
export function foreignRatio(before: HostCpu, after: HostCpu, ownMs: number): number {
  const total = after.total - before.total
  if (total <= 0) return 0
  return Math.max(0, after.busy - before.busy - ownMs / tickMs) / total
}
