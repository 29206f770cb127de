import type { FaultCounts } from '../../base/fault.ts'
import type { PacketRule } from '../kernelNetwork.ts'

const burstBytes = 64 * 1024

/** The words of iptables for a rule, after `iptables -A` or `-D`. `id` finds its counters again. */
export function ruleWords({ direction, peer, effect }: PacketRule, id: string): string {
  const end =
    direction === 'out'
      ? `OUTPUT -p tcp -d ${peer.host} --dport ${peer.port}`
      : `INPUT -p tcp -s ${peer.host} --sport ${peer.port}`
  const mark = `-m comment --comment ${id}`
  switch (effect.type) {
    case 'drop':
      return `${end} ${mark} -j DROP`
    case 'lose':
      return `${end} -m statistic --mode random --probability ${effect.lossRatio} ${mark} -j DROP`
    case 'reject':
      return `${end} ${mark} -j REJECT --reject-with tcp-reset`
    case 'police':
      return (
        `${end} -m hashlimit --hashlimit-name ${id} --hashlimit-above ${Math.ceil(effect.bytesPerSecond)}b/s ` +
        `--hashlimit-burst ${burstBytes}b ${mark} -j DROP`
      )
  }
}

/** Sums the counters of the rules with this id in the output of `iptables -nvxL`. */
export function countsIn(listing: string, id: string): FaultCounts {
  const rules = listing.split('\n').filter((line) => line.includes(`/* ${id} */`))
  const columns = rules.map((line) => line.trim().split(/\s+/).map(Number))
  return {
    packetsStopped: columns.reduce((sum, [packets = 0]) => sum + packets, 0),
    bytesStopped: columns.reduce((sum, [, bytes = 0]) => sum + bytes, 0),
  }
}
