import { closeSync, openSync, readSync, writeFileSync } from 'node:fs'
import { nowMs } from '../base/clock.ts'
import { HarnessError, Inconclusive } from '../base/errors.ts'
import { Curve, type MemorySample } from './curve.ts'
import { goneAsUndefined, requireLinux } from './processTable.ts'
import { SampleFile } from './sampleFile.ts'
import { startSampling, stopSampling } from './sampler.ts'

export interface MemoryProbeOptions {
  /** Default 10 ms: a spike that lasts 250 ms is drawn; the kernel's mark sees shorter ones too. */
  everyMs?: number
  /** JSON lines `{atMs, rssBytes}` are appended here when given. */
  samplePath?: string
}

/**
 * Resident memory of one process, read from outside: a process that hangs still yields readings. The kernel's high-water mark
 * (VmHWM) is the truth about the peak, however short it was; the samples only draw the curve. Each reading takes about 5
 * microseconds on a descriptor that stays open, and so never confuses this process with a later one of the same pid.
 */
export class MemoryProbe {
  readonly pid: number
  readonly everyMs: number
  readonly #samplePath: string | undefined
  readonly #curve = new Curve()
  #statusFd: number | undefined
  #file: SampleFile | undefined
  #sampling = false
  #sampledAtMs: number | undefined
  #longestGapMs = 0
  #peakBytes: number | undefined

  constructor(pid: number, options: MemoryProbeOptions = {}) {
    requireLinux('The memory probe')
    this.pid = pid
    this.everyMs = options.everyMs ?? 10
    this.#samplePath = options.samplePath
    this.#statusFd = goneAsUndefined(() => openSync(`/proc/${pid}/status`, 'r'))
    this.#read()
  }

  /** Oldest first. Beyond 32 768 readings neighbours are merged into the higher one. */
  get samples(): MemorySample[] {
    return this.#curve.points()
  }

  /** True once the process has ended: from then on the probe tells what it last knew. */
  get gone(): boolean {
    return this.#statusFd === undefined
  }

  /** Takes the first sample at once, then one each `everyMs` until stop() or the end of the process. */
  start(): void {
    if (this.#sampling || this.gone) return
    this.#sampling = true
    if (this.#samplePath !== undefined) this.#file = new SampleFile(this.#samplePath)
    this.sample()
    if (this.#sampling) startSampling(this)
  }

  stop(): void {
    if (!this.#sampling) return
    this.#noteGap(nowMs())
    this.#sampling = false
    stopSampling(this)
    this.#file?.close()
    this.#file = undefined
  }

  /** Takes the last readings and lets go of the process's descriptor. What is known stays readable. */
  close(): void {
    this.#read()
    this.stop()
    this.#letGo()
  }

  sample(): void {
    const rssBytes = this.#read()
    if (rssBytes === undefined) return
    const atMs = nowMs()
    this.#noteGap(atMs)
    this.#sampledAtMs = atMs
    this.#curve.push(atMs, rssBytes)
    this.#file?.push(atMs, rssBytes)
  }

  /** Sets the kernel's mark back to what is resident now. Throws NODE_EXITED when the process is gone. */
  resetPeak(): void {
    const rssBytes = this.#read()
    if (rssBytes === undefined) {
      throw new HarnessError('NODE_EXITED', `The memory mark of process ${this.pid} cannot be reset: it has ended.`)
    }
    try {
      writeFileSync(`/proc/${this.pid}/clear_refs`, '5')
    } catch (cause) {
      throw new HarnessError(
        'PLATFORM_LACKS',
        `This kernel does not let us reset the memory mark of process ${this.pid} (/proc/${this.pid}/clear_refs).`,
        { cause },
      )
    }
    this.#peakBytes = rssBytes
  }

  /**
   * Highest resident memory since start or resetPeak(), read now; the last known one when the process is gone.
   * Throws INCONCLUSIVE when the process was gone before anything was read: a peak of 0 would satisfy every ceiling.
   */
  peakBytes(): number {
    this.#read()
    if (this.#peakBytes === undefined) {
      throw new Inconclusive(`No memory of process ${this.pid} was ever read: it was gone before the probe looked.`)
    }
    return this.#peakBytes
  }

  /** Resident now; 0 when the process is gone. */
  rssBytes(): number {
    return this.#read() ?? 0
  }

  /** The longest time without a sample between start() and stop(): how wide a spike the curve (not the mark) may have missed. */
  longestGapMs(): number {
    if (this.#sampling) this.#noteGap(nowMs())
    return this.#longestGapMs
  }

  #noteGap(atMs: number): void {
    if (this.#sampling && this.#sampledAtMs !== undefined) {
      this.#longestGapMs = Math.max(this.#longestGapMs, atMs - this.#sampledAtMs)
    }
  }

  /** Reads memory and mark together, so that the last known mark of a process that died is at most one sample old. */
  #read(): number | undefined {
    const fd = this.#statusFd
    if (fd === undefined) return undefined
    const length = goneAsUndefined(() => readSync(fd, page, 0, page.length, 0))
    const rssBytes = length === undefined ? undefined : bytesAfter('VmRSS:', length)
    if (length === undefined || rssBytes === undefined) {
      this.stop()
      this.#letGo()
      return undefined
    }
    this.#peakBytes = Math.max(this.#peakBytes ?? 0, bytesAfter('VmHWM:', length) ?? 0, rssBytes)
    return rssBytes
  }

  #letGo(): void {
    if (this.#statusFd !== undefined) closeSync(this.#statusFd)
    this.#statusFd = undefined
  }
}

/** Shared by all probes: readings are synchronous and never overlap. */
const page = Buffer.allocUnsafe(8192)

/** The number of KiB after a key of the status file, in bytes; undefined without the key (a zombie has no memory). */
function bytesAfter(key: string, length: number): number | undefined {
  const found = page.indexOf(key, 0, 'latin1')
  if (found < 0 || found >= length) return undefined
  let kib = 0
  for (let at = found + key.length; at < length; at++) {
    const digit = page[at]! - 48
    if (digit >= 0 && digit <= 9) kib = kib * 10 + digit
    else if (kib > 0) break
  }
  return kib * 1024
}
