import { nowMs } from '../base/clock.ts'
import { countHandles } from './processReading.ts'
import { SampleFile } from './sampleFile.ts'
import { type Sampled, startSampling, stopSampling } from './sampler.ts'

/** Open files and sockets of one process over its life, for the report. Each sample takes some microseconds. */
export class HandleProbe implements Sampled {
  readonly everyMs = 250
  readonly #pid: number
  readonly #file: SampleFile
  #isOpen = true

  /** JSON lines `{atMs, handleCount}` are appended at the path from now on, until close() or the end of the process. */
  constructor(pid: number, samplePath: string) {
    this.#pid = pid
    this.#file = new SampleFile(samplePath, 'handles')
    startSampling(this)
    this.sample()
  }

  sample(): void {
    // Whoever cannot be counted (it is gone, or not ours to look into) is not counted as none.
    const count = readable(() => countHandles(this.#pid))
    if (count === undefined || count === 0) this.close()
    else this.#file.push(nowMs(), count)
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    stopSampling(this)
    this.#file.close()
  }
}

function readable<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
