import type { FaultCounts } from '../base/fault.ts'

/** A folder that is read-only. */
export interface DiskImposition {
  /** `opensRefused`: the harness's own tries to open a file for writing, as the node sees the folder. */
  counts(): FaultCounts
  /** Twice is once. */
  lift(): Promise<void>
}

/** Faults of a node's disk in its kernel: they need no preload and spare no program. */
export interface KernelDisk {
  /** In force when it resolves, and over restarts of the node until lifted. Throws FAULT_FAILED. */
  makeReadOnly(host: string, folder: string): Promise<DiskImposition>
}
