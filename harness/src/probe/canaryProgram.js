/**
 * The canary: a process beside the run that wants to wake up each 5 ms and tells how late it was, with what the kernel says of
 * this machine at that time. A line of JSON each 100 ms:
 *   atMs             ms since the epoch; the line covers the time since the one before
 *   longestMs        the longest time that it was late
 *   waitedMs         by resource (cpu, io, memory), how long somebody waited for it since boot, where the kernel counts it
 *   stealMs          taken by the hypervisor since boot, all cores together
 *   runnable         how many threads want to run now
 *
 * Plain JavaScript that imports nothing of ours, so that it starts at once. It ends when its standard input does: then the
 * runner is gone, however it went.
 */
import { readFileSync } from 'node:fs'

const everyMs = 5
const tellEveryMs = 100
/** A timer is served in whole milliseconds: up to so much late on a machine that has nothing else to do. */
const timerSlackMs = 1.1
const msPerTick = 10

const now = () => performance.timeOrigin + performance.now()

/** Undefined where the kernel has no such file. */
function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function pressures() {
  const waitedMs = {}
  for (const resource of ['cpu', 'io', 'memory']) {
    const total = /^some .*total=(\d+)/m.exec(read(`/proc/pressure/${resource}`) ?? '')?.[1]
    if (total !== undefined) waitedMs[resource] = Number(total) / 1_000
  }
  return waitedMs
}

function kernel() {
  const stat = read('/proc/stat') ?? ''
  const steal = /^cpu +(?:\d+ ){7}(\d+)/m.exec(stat)?.[1]
  const runnable = /^procs_running (\d+)/m.exec(stat)?.[1]
  return {
    waitedMs: pressures(),
    ...(steal === undefined ? {} : { stealMs: Number(steal) * msPerTick }),
    ...(runnable === undefined ? {} : { runnable: Number(runnable) }),
  }
}

let lastMs = now()
let toldMs = lastMs
let longestMs = 0

function wake() {
  const atMs = now()
  longestMs = Math.max(longestMs, atMs - lastMs - everyMs - timerSlackMs)
  lastMs = atMs
  if (atMs - toldMs >= tellEveryMs) {
    process.stdout.write(`${JSON.stringify({ atMs, longestMs, ...kernel() })}\n`)
    toldMs = atMs
    longestMs = 0
    // Its own reading and telling is not a stall.
    lastMs = now()
  }
}

setInterval(wake, everyMs)
process.stdout.on('error', () => process.exit())
process.stdin.on('error', () => process.exit())
process.stdin.on('end', () => process.exit())
process.stdin.resume()
