import type { SoakRecord } from '../harness/src/soak/soakRecord.ts'

/** A soak of the peer that was interrupted before its first window. */
export function soakOf(): SoakRecord {
  return {
    ...{ version: 1, system: 'peer', seed: 71, runtime: 'process', nodes: 3 },
    ...{
      durationMs: 60_000,
      windowMs: 5_000,
      ratePerSecond: 200,
      keepWindows: 3,
      mostDiskBytes: 1e9,
      warmUpMs: 18_000,
    },
    settings: { PEER_SEGMENT_BYTES: '65536' },
    shares: { mixed: 6, ledger: 1 },
    runners: [{ startedAt: '2026-06-01T08:00:00.000Z', firstWindow: 1 }],
    elapsedMs: 0,
    nextWindow: 1,
    operations: { ok: 0, fail: 0, info: 0 },
    faults: { healed: 0, withoutEffect: 0, notOpened: 0, families: {} },
    ...{ windows: [], readings: [], judged: {}, states: [], verdicts: [], findings: [], diskBytes: 0 },
    outcome: 'interrupted',
  }
}
