import { readdirSync, readFileSync } from 'node:fs'
import { HarnessError } from '../base/errors.ts'

/** One line of the kernel's process table: what /proc/<pid>/stat says. */
export interface ProcessEntry {
  pid: number
  /** R running, S sleeping, D waiting for disk, T stopped, Z ended but not yet collected. */
  state: string
  parentPid: number
  groupId: number
  sessionId: number
  /** User and system time of all threads, ms; the kernel counts it in steps of 10 ms. */
  cpuMs: number
  /** Since boot, in clock ticks. With the pid it names one process for good: pids are used again, this pair is not. */
  startTicks: number
  /** The command's short name, at most 15 characters. */
  command: string
}

/** Linux reports user time in hundredths of a second to programs, whatever the kernel's own tick is. */
const msPerTick = 10

/** Throws PLATFORM_LACKS where there is no /proc to read: everywhere but on Linux. */
export function requireLinux(what: string): void {
  if (process.platform === 'linux') return
  throw new HarnessError(
    'PLATFORM_LACKS',
    `${what} needs Linux (it reads /proc and uses process groups); this is ${process.platform}. Run it on Linux or in a Linux container.`,
  )
}

/** The process's entry, or undefined when no such process exists. A zombie still has one. */
export function readEntry(pid: number): ProcessEntry | undefined {
  const text = readProcFile(`/proc/${pid}/stat`)
  return text === undefined ? undefined : parseEntry(text)
}

/** Every process that this user can see. Takes about 2 ms for 130 processes. */
export function readProcessTable(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readEntry(Number(name)))
    .filter((entry) => entry !== undefined)
}

/** The state letter of each thread of the process; empty when it is gone. */
export function readThreadStates(pid: number): string[] {
  const threads = goneAsUndefined(() => readdirSync(`/proc/${pid}/task`)) ?? []
  return threads
    .map((thread) => readProcFile(`/proc/${pid}/task/${thread}/stat`))
    .filter((text) => text !== undefined)
    .map((text) => parseEntry(text).state)
}

/** A file under /proc, or undefined when its process is gone. */
export function readProcFile(path: string): string | undefined {
  return goneAsUndefined(() => readFileSync(path, 'utf8'))
}

export function goneAsUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}

/** The command stands in brackets and may itself hold brackets and blanks: the last bracket ends it. */
function parseEntry(text: string): ProcessEntry {
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  const fields = text.slice(close + 2).split(' ')
  const field = (at: number) => Number(fields[at])
  return {
    pid: Number.parseInt(text, 10),
    command: text.slice(open + 1, close),
    state: fields[0] as string,
    parentPid: field(1),
    groupId: field(2),
    sessionId: field(3),
    cpuMs: (field(11) + field(12)) * msPerTick,
    startTicks: field(19),
  }
}
