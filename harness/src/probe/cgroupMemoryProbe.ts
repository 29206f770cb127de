import { CgroupMemory, type CgroupReading } from './cgroup.ts'
import { MemoryProbe, type MemoryProbeOptions } from './memory.ts'

/** Each reading of the group opens five files; each process reading reads one that is open. */
const groupEverySamples = 20

/**
 * Memory of a node in a container. Its peak is the higher of two: the mark of the node's own process, which is exact, and the
 * anonymous memory of the whole container, sampled, which counts the processes that the node started. The group's own peak is
 * left out: it counts pages of files, which the kernel takes back when memory is short, and would turn every ceiling red.
 */
export class CgroupMemoryProbe extends MemoryProbe {
  readonly #group: CgroupMemory | undefined
  #samples = 0
  #anonymousPeakBytes = 0

  constructor(pid: number, options: MemoryProbeOptions = {}) {
    super(pid, options)
    this.#group = CgroupMemory.of(pid)
  }

  /** Now, or the last reading of an ended container; undefined when its group cannot be seen from here. */
  group(): CgroupReading | undefined {
    const reading = this.#group?.read()
    this.#anonymousPeakBytes = Math.max(this.#anonymousPeakBytes, reading?.anonymousBytes ?? 0)
    return reading
  }

  override peakBytes(): number {
    const own = super.peakBytes()
    this.group()
    return Math.max(own, this.#anonymousPeakBytes)
  }

  override resetPeak(): void {
    super.resetPeak()
    this.#anonymousPeakBytes = 0
  }

  override sample(): void {
    super.sample()
    if (this.#samples++ % groupEverySamples === 0) this.group()
  }

  override close(): void {
    this.group()
    super.close()
  }
}
