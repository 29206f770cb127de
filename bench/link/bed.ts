import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Endpoint } from '../../harness/src/network/endpoint.ts'
import { claimSubnet, type Subnet } from '../../harness/src/network/subnet.ts'
import type { Wish } from './dialler.ts'

/** A step takes a second or two on an idle machine. */
const stepBudgetMs = 60_000

/** The target, the dialler and two proxies between them, each in a process of its own. */
export class Bed implements AsyncDisposable {
  readonly target: Endpoint
  readonly pipe: Endpoint
  readonly link: Endpoint
  readonly #subnet: Subnet
  readonly #isOnOneCore: boolean
  readonly #children: ChildProcess[] = []
  #dialler: ChildProcess | undefined

  /** With `isOnOneCore`, all processes share the first core that this one may use (Linux, by taskset). */
  static async open(isOnOneCore = false): Promise<Bed> {
    const bed = new Bed(await claimSubnet(), isOnOneCore)
    try {
      await bed.#fork('target.ts', bed.target.host, String(bed.target.port))
      await bed.#fork('proxy.ts', 'pipe', JSON.stringify(bed.pipe), JSON.stringify(bed.target))
      await bed.#fork('proxy.ts', 'link', JSON.stringify(bed.link), JSON.stringify(bed.target))
      bed.#dialler = await bed.#fork('dialler.ts')
    } catch (error) {
      await bed[Symbol.asyncDispose]()
      throw error
    }
    return bed
  }

  private constructor(subnet: Subnet, isOnOneCore: boolean) {
    this.#subnet = subnet
    this.#isOnOneCore = isOnOneCore
    this.target = { host: subnet.hostOf(1), port: 9001 }
    this.pipe = { host: subnet.hostOf(2), port: 9000 }
    this.link = { host: subnet.hostOf(3), port: 9000 }
  }

  /** A door for a network that the caller opens itself. */
  get ownDoor(): Endpoint {
    return { host: this.#subnet.hostOf(4), port: 9000 }
  }

  async ask(wish: Extract<Wish, { type: 'bulk' | 'echo' }>): Promise<number>
  async ask(wish: Extract<Wish, { type: 'watch' | 'arrivals' }>): Promise<number[]>
  async ask(wish: Wish): Promise<number | number[]> {
    const dialler = this.#dialler
    if (!dialler) throw new Error('the bed is not open')
    const gaveUp = AbortSignal.timeout(stepBudgetMs)
    const answered = once(dialler, 'message', { signal: gaveUp })
    dialler.send(wish)
    try {
      return (await answered)[0]
    } catch (cause) {
      if (!gaveUp.aborted) throw cause
      const at = 'at' in wish ? ` over ${wish.at.host}:${wish.at.port}` : ''
      throw new Error(
        `The step "${wish.type}"${at} of the link bench gave no answer within ${stepBudgetMs / 1000} s.`,
        {
          cause,
        },
      )
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
      if (child.connected) child.disconnect()
      await exited
    }
    await this.#subnet.release()
  }

  async #fork(file: string, ...args: string[]): Promise<ChildProcess> {
    const pinned = { execPath: 'taskset', execArgv: ['-c', firstAllowedCore(), process.execPath] }
    const child = fork(new URL(file, import.meta.url), args, this.#isOnOneCore ? pinned : {})
    this.#children.push(child)
    const died = once(child, 'exit').then(([code]) =>
      Promise.reject(new Error(`bench/link/${file} exited with ${code}`)),
    )
    died.catch(() => {}) // told by the race below while it matters
    const late = AbortSignal.timeout(stepBudgetMs)
    await Promise.race([once(child, 'message', { signal: late }), died]).catch((cause) => {
      throw late.aborted
        ? new Error(`bench/link/${file} was not ready within ${stepBudgetMs / 1000} s.`, { cause })
        : cause
    })
    return child
  }
}

function firstAllowedCore(): string {
  const [, core] = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? []
  if (core === undefined) throw new Error('/proc/self/status does not tell which cores may be used')
  return core
}
