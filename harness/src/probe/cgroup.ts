import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { goneAsUndefined, readProcFile } from './processTable.ts'

/** What the kernel says about the memory of a whole container. Its counts include file pages, which it takes back when short. */
export interface CgroupReading {
  currentBytes: number
  /** Since the container began. Close to the limit it says little: file pages fill whatever is free. */
  peakBytes: number
  /** Part of `currentBytes`: pages of files. */
  fileBytes: number
  /** Part of `currentBytes`: what no file holds, of all processes of the group. The kernel cannot take it back. */
  anonymousBytes: number
  /** Undefined: no limit. */
  limitBytes: number | undefined
  /** Processes that the kernel ended because the limit was reached. */
  oomKillCount: number
}

/** Limits from here on are "none": version 1 writes the largest multiple of a page. */
const noLimitBytes = 2 ** 60

interface Layout {
  folder: string
  current: string
  peak: string
  limit: string
  events: string
  fileKey: RegExp
  anonymousKey: RegExp
}

/** Memory of one control group, of either version; keeps the last reading when the group is gone. */
export class CgroupMemory {
  readonly #layout: Layout
  #last: CgroupReading | undefined

  private constructor(layout: Layout) {
    this.#layout = layout
  }

  /** Of the group that the process is in; undefined when the process is gone or its group cannot be seen from here. */
  static of(pid: number): CgroupMemory | undefined {
    const text = readProcFile(`/proc/${pid}/cgroup`)
    if (text === undefined) return undefined
    for (const layout of layoutsOf(text)) {
      const memory = new CgroupMemory(layout)
      if (memory.read() !== undefined) return memory
    }
    return undefined
  }

  /** Now, or the last reading when the group is gone. Takes about 0.3 ms. */
  read(): CgroupReading | undefined {
    const { folder, current, peak, limit, events, fileKey, anonymousKey } = this.#layout
    const file = (name: string) => goneAsUndefined(() => readFileSync(join(folder, name), 'utf8'))
    const currentText = file(current)
    if (currentText === undefined) return this.#last
    const currentBytes = Number(currentText)
    const limitBytes = Number(file(limit))
    // memory.peak came with kernel 5.19; before, the highest reading of ours has to do.
    const peakBytes = Number(file(peak) ?? Math.max(currentBytes, this.#last?.peakBytes ?? 0))
    const stat = file('memory.stat') ?? ''
    this.#last = {
      currentBytes,
      peakBytes,
      fileBytes: Number(fileKey.exec(stat)?.[1] ?? 0),
      anonymousBytes: Number(anonymousKey.exec(stat)?.[1] ?? 0),
      limitBytes: limitBytes < noLimitBytes ? limitBytes : undefined,
      oomKillCount: Number(/^oom_kill (\d+)$/m.exec(file(events) ?? '')?.[1] ?? 0),
    }
    return this.#last
  }
}

function layoutsOf(text: string): Layout[] {
  const layouts: Layout[] = []
  for (const line of text.trim().split('\n')) {
    const [, controllers, ...rest] = line.split(':')
    const path = rest.join(':')
    if (controllers?.split(',').includes('memory')) {
      layouts.push({
        folder: join('/sys/fs/cgroup/memory', path),
        current: 'memory.usage_in_bytes',
        peak: 'memory.max_usage_in_bytes',
        limit: 'memory.limit_in_bytes',
        events: 'memory.oom_control',
        fileKey: /^total_cache (\d+)$/m,
        anonymousKey: /^total_rss (\d+)$/m,
      })
    } else if (controllers === '') {
      layouts.push({
        folder: join('/sys/fs/cgroup', path),
        current: 'memory.current',
        peak: 'memory.peak',
        limit: 'memory.max',
        events: 'memory.events',
        fileKey: /^file (\d+)$/m,
        anonymousKey: /^anon (\d+)$/m,
      })
    }
  }
  return layouts
}
