import type { FaultCounts } from '../base/fault.ts'
import type { Endpoint } from '../network/endpoint.ts'

/** What happens to packets between a node and one address and port, in the kernel of the node. */
export interface PacketRule {
  /** As the node sees it. */
  direction: 'in' | 'out'
  /** The other end. */
  peer: Endpoint
  effect:
    | { type: 'drop' }
    /** Each packet is lost with this probability, 0 to 1. */
    | { type: 'lose'; lossRatio: number }
    /** Answers with a reset, so that both ends know at once. */
    | { type: 'reject' }
    /** What comes faster is dropped; a burst of 64 KB passes. */
    | { type: 'police'; bytesPerSecond: number }
}

/** Rules in force. */
export interface PacketImposition {
  /** `packetsStopped` and `bytesStopped`, at most 50 ms old. */
  counts(): FaultCounts
  /** Twice is once. */
  lift(): Promise<void>
}

/** Faults below TCP: nothing in the node or in the harness's links can tell them from a broken network. */
export interface KernelNetwork {
  /** In force when it resolves, and over restarts of the node until lifted. Throws FAULT_FAILED. */
  impose(host: string, rules: readonly PacketRule[]): Promise<PacketImposition>
  /** Delays what the node sends, to whomever; undefined where the kernel cannot (no netem). */
  delay(host: string, ms: number, jitterMs: number): Promise<PacketImposition | undefined>
  /** Takes the node's only interface away; undone by what it returns. Tests cannot reach the node meanwhile. */
  disconnect(host: string): Promise<() => Promise<void>>
}
