import { CgroupMemory, type CgroupReading } from './cgroup.ts'
import { MemoryProbe, type MemoryProbeOptions } from './memory.ts'

/** Each reading of the group opens five files; each process reading reads one that is open. */
const groupEverySamples = 20

/**
 * Memory of a node in a container. The peak is still the process's own mark: the group's peak counts pages of files, which the
 * kernel takes back when the limit comes near, and would turn every ceiling red. What the group tells for certain is whether
 * the limit was hit, and with what outcome.
 */
export class CgroupMemoryProbe extends MemoryProbe {
  readonly #group: CgroupMemory | undefined
  #samples = 0

  constructor(pid: number, options: MemoryProbeOptions = {}) {
    super(pid, options)
    this.#group = CgroupMemory.of(pid)
  }

  /** Now, or the last reading of an ended container; undefined when its group cannot be seen from here. */
  group(): CgroupReading | undefined {
    return this.#group?.read()
  }

  override sample(): void {
    super.sample()
    if (this.#samples++ % groupEverySamples === 0) this.#group?.read()
  }

  override close(): void {
    this.#group?.read()
    super.close()
  }
}
