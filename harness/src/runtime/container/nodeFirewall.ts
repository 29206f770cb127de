import type { FaultCounts } from '../../base/fault.ts'
import type { PacketImposition, PacketRule } from '../kernelNetwork.ts'
import { countsIn, ruleWords } from './packetRules.ts'
import type { Shell } from './shell.ts'

const pollMs = 25

/** Rules that stand for one node, in whichever network namespace it has just now. */
export class NodeFirewall {
  readonly #standing = new Map<string, readonly PacketRule[]>()
  readonly #counts = new Map<string, FaultCounts>()
  /** What namespaces that are gone had counted. */
  readonly #before = new Map<string, FaultCounts>()
  #shell: Shell | undefined
  #poll: NodeJS.Timeout | undefined
  #drawn = 0

  get isInUse(): boolean {
    return this.#standing.size > 0
  }

  /** From now on this shell is in the node's namespace; the rules are put in force there. */
  async moveTo(shell: Shell | undefined): Promise<void> {
    for (const [id, counts] of this.#counts) this.#before.set(id, counts)
    this.#shell = shell
    if (!shell) return
    for (const [id, rules] of this.#standing) await add(shell, rules, id)
  }

  async impose(rules: readonly PacketRule[]): Promise<PacketImposition> {
    const id = `k${++this.#drawn}`
    if (this.#shell) await add(this.#shell, rules, id)
    this.#standing.set(id, rules)
    this.#watch()
    let lifting: Promise<void> | undefined
    return {
      counts: () => this.#counts.get(id) ?? { packetsStopped: 0, bytesStopped: 0 },
      lift: () => {
        lifting ??= this.#lift(id, rules)
        return lifting
      },
    }
  }

  close(): void {
    clearInterval(this.#poll)
    this.#poll = undefined
  }

  async #lift(id: string, rules: readonly PacketRule[]): Promise<void> {
    await this.#read()
    this.#standing.delete(id)
    if (!this.isInUse) this.close()
    if (this.#shell) await this.#shell.run(rules.map((rule) => `iptables -D ${ruleWords(rule, id)}`).join(' && '))
  }

  #watch(): void {
    let reading = false
    this.#poll ??= setInterval(() => {
      if (reading) return
      reading = true
      // A node that is being restarted has no namespace to read for a moment; the last counts stay.
      this.#read()
        .catch(() => {})
        .finally(() => {
          reading = false
        })
    }, pollMs)
    this.#poll.unref()
  }

  async #read(): Promise<void> {
    const shell = this.#shell
    if (!shell) return
    const listing = await shell.run('iptables -nvxL')
    if (shell !== this.#shell) return
    for (const id of this.#standing.keys()) {
      const counted = countsIn(listing, id)
      const before = this.#before.get(id) ?? {}
      this.#counts.set(
        id,
        Object.fromEntries(Object.entries(counted).map(([name, count]) => [name, count + (before[name] ?? 0)])),
      )
    }
  }
}

async function add(shell: Shell, rules: readonly PacketRule[], id: string): Promise<void> {
  await shell.run(rules.map((rule) => `iptables -A ${ruleWords(rule, id)}`).join(' && '))
}
