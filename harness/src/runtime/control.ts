import { createServer, type Server, type Socket } from 'node:net'
import { awaitReading } from '../base/awaitReading.ts'
import type { Budget } from '../base/budget.ts'
import { after } from '../base/clock.ts'
import { HarnessError, Inconclusive, messageOf } from '../base/errors.ts'
import type { FaultCounts } from '../base/fault.ts'
import { formatMs } from '../base/units.ts'
import { type ActiveResources, ControlConnection, type Hello } from './controlConnection.ts'
import { whatToDo } from './preloadMissing.ts'

export type { ActiveResources, Hello } from './controlConnection.ts'
export type FaultFamily = 'fs' | 'net' | 'clock' | 'timers'

/** What to arm. The rules of each family are in fixtures/faults/README.md. */
interface FaultOrder {
  /** Drawn when left out: f1, f2 … */
  id?: string
  family: FaultFamily
  rule: object
}

/** A fault that is armed in every process of a node: those connected, and those still to come. */
export interface ArmedFault {
  readonly id: string
  /** Sums over all processes, threads and incarnations of the node; what a dead one said last stays in. */
  counts(): FaultCounts
  /** The path of each call that was failed, in the order heard, where the rule has `tellPaths`. */
  failedPaths(): readonly string[]
  /** Twice is once. Throws FAULT_FAILED when a live process does not answer. */
  disarm(): Promise<void>
}

/** The harness's end of the preloads in one node's processes. It outlives the incarnations. */
export interface Control {
  readonly path: string
  /** One for each connected process or worker thread that has said hello. */
  connections(): Hello[]
  /** What the preloads of an incarnation's processes can do, also of those that are gone; empty when none has said hello. */
  heard(incarnation: number): ReadonlySet<string>
  /** What is armed now, by name, for whichever process. */
  standing(): string[]
  /** The main thread's hello of an incarnation. Throws BUDGET_SPENT. */
  awaitHello(incarnation: number, budget: number | Budget, signal?: AbortSignal): Promise<Hello>
  /**
   * Resolves when every connected process has armed, and at once where none is: whoever needs one asks the node first
   * (`node.demandPreload`). Throws FAULT_FAILED and leaves nothing armed.
   */
  arm(order: FaultOrder): Promise<ArmedFault>
  /**
   * Collects the garbage of the node's process and tells what it keeps, in its heap and outside. Throws INCONCLUSIVE where no
   * preload is connected, FAULT_FAILED when the process does not answer.
   */
  retainedBytes(): Promise<number>
  /** What keeps the event loop of the node's main thread going, counted by kind: timers and more. Throws as retainedBytes does. */
  activeResources(): Promise<ActiveResources>
  /** What the preloads had to tell, oldest first, each line once. */
  notices(): string[]
  /** For the next launch: what is armed now is armed there before the program loads. */
  environment(): Record<string, string>
  /** The preloads of nodes that still run disarm themselves. */
  close(): Promise<void>
}

/** A process that is not stopped answers in about a millisecond; this one is late enough to be stuck. */
const answerBudgetMs = 2_000
/** sun_path is 108 bytes long on Linux and 104 elsewhere, with the closing zero. */
const longestPathBytes = 100

/** Listens on a unix socket. Throws BAD_USAGE when the path is too long, PORT_TAKEN when it is in use. */
export async function openControl(path: string): Promise<Control> {
  if (Buffer.byteLength(path) > longestPathBytes) {
    throw new HarnessError(
      'BAD_USAGE',
      `The control socket's path has ${Buffer.byteLength(path)} bytes, at most ${longestPathBytes} fit: ${path}. ` +
        'Set TMPDIR to a shorter folder.',
    )
  }
  const server = createServer()
  const control = new ControlServer(path, server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new HarnessError('PORT_TAKEN', `The control socket ${path} cannot be opened: ${cause.message}.`, { cause }),
      )
    })
    server.listen(path, resolve)
  })
  return control
}

interface Standing {
  order: Required<FaultOrder>
  /** What each process said last; those that are gone stay in. */
  counts: Map<ControlConnection, FaultCounts>
  failedPaths: string[]
  /** Being disarmed: not for processes that start now. */
  ending: boolean
}

class ControlServer implements Control {
  readonly path: string
  readonly #server: Server
  readonly #open = new Set<ControlConnection>()
  readonly #standing = new Map<string, Standing>()
  readonly #notices = new Set<string>()
  readonly #heard = new Map<number, Set<string>>()
  #drawn = 0

  constructor(path: string, server: Server) {
    this.path = path
    this.#server = server
    server.on('connection', (socket) => this.#accept(socket))
  }

  connections(): Hello[] {
    return [...this.#open].flatMap((connection) => connection.hello ?? [])
  }

  heard(incarnation: number): ReadonlySet<string> {
    return this.#heard.get(incarnation) ?? new Set()
  }

  standing(): string[] {
    return [...this.#standing.values()]
      .filter(({ ending }) => !ending)
      .map(({ order }) => `${order.id} (${order.family})`)
  }

  async awaitHello(incarnation: number, budget: number | Budget, signal?: AbortSignal): Promise<Hello> {
    const isIt = (hello: Hello) => hello.incarnation === incarnation && hello.mainThread
    const hellos = await awaitReading({
      what: `the preload of incarnation ${incarnation} to connect to ${this.path}`,
      budget,
      probe: () => this.connections(),
      until: (all) => all.some(isIt),
      describe: (all) => `${all.length} processes connected`,
      everyMs: 2,
      ...(signal ? { signal } : {}),
    })
    return hellos.find(isIt) as Hello
  }

  async arm(order: FaultOrder): Promise<ArmedFault> {
    const id = order.id ?? `f${++this.#drawn}`
    if (this.#standing.has(id)) throw new HarnessError('BAD_USAGE', `A fault ${id} is armed already.`)
    const standing: Standing = { order: { ...order, id }, counts: new Map(), failedPaths: [], ending: false }
    this.#standing.set(id, standing)
    try {
      await this.#askAll(`arm ${id} (${order.family})`, (connection) => connection.arm(standing.order))
    } catch (error) {
      standing.ending = true
      // Told without waiting: whoever did not hear of the arming would not answer this either.
      for (const connection of this.#open) connection.disarm(id).catch(() => {})
      this.#standing.delete(id)
      throw error
    }
    let disarming: Promise<void> | undefined
    return {
      id,
      counts: () => sumOf(standing.counts.values()),
      failedPaths: () => standing.failedPaths,
      disarm: () => {
        disarming ??= this.#disarm(standing)
        return disarming
      },
    }
  }

  retainedBytes(): Promise<number> {
    return this.#askNode('collect its garbage', 'keeps in memory', (node) => node.collect())
  }

  activeResources(): Promise<ActiveResources> {
    return this.#askNode('count its timers', 'is kept alive by', (node) => node.activeResources())
  }

  /** Asks the main thread of the newest life. */
  async #askNode<T>(
    what: string,
    unknown: string,
    ask: (node: ControlConnection) => Promise<T | undefined>,
  ): Promise<T> {
    const running = [...this.#open].filter(({ hello }) => hello?.mainThread)
    const newest = Math.max(...running.map(({ hello }) => hello?.incarnation ?? 0))
    // The node's own process says hello before those that it starts.
    const node = running.find(({ hello }) => hello?.incarnation === newest)
    const answered = node && (await this.#inTime(what, new Set([node]), ask(node)))
    if (answered === undefined) {
      throw new Inconclusive(
        `What the node behind ${this.path} ${unknown} is not known: no preload is connected. ${whatToDo}`,
      )
    }
    return answered
  }

  notices(): string[] {
    return [...this.#notices]
  }

  environment(): Record<string, string> {
    const orders = [...this.#standing.values()].filter(({ ending }) => !ending).map(({ order }) => order)
    return {
      BREAKWATER_CONTROL: this.path,
      ...(orders.length === 0 ? {} : { BREAKWATER_FAULTS: JSON.stringify(orders) }),
    }
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const connection of this.#open) connection.destroy()
    await closed
  }

  async #disarm(standing: Standing): Promise<void> {
    const { id } = standing.order
    standing.ending = true
    await this.#askAll(`disarm ${id}`, (connection) => connection.disarm(id))
    this.#standing.delete(id)
  }

  async #askAll(what: string, ask: (connection: ControlConnection) => Promise<void>): Promise<void> {
    const waiting = new Set(this.#open)
    const answers = Promise.all([...this.#open].map((each) => ask(each).finally(() => waiting.delete(each))))
    await this.#inTime(what, waiting, answers)
  }

  async #inTime<T>(what: string, waiting: ReadonlySet<ControlConnection>, answers: Promise<T>): Promise<T> {
    const gaveUp = new AbortController()
    const tooLate = after(answerBudgetMs, gaveUp.signal).then(async () => {
      if (gaveUp.signal.aborted) return answers
      const names = [...waiting].map(({ name }) => name).join(', ')
      throw new HarnessError(
        'FAULT_FAILED',
        `${names} did not answer within ${formatMs(answerBudgetMs)} when asked to ${what}; paused, or its loop is blocked?`,
        { waitedMs: answerBudgetMs },
      )
    })
    try {
      return await Promise.race([answers, tooLate])
    } finally {
      gaveUp.abort()
    }
  }

  #accept(socket: Socket): void {
    const connection: ControlConnection = new ControlConnection(socket, {
      hello: (hello) => this.#welcome(connection, hello),
      counts: (id, counts, failedPaths) => {
        const standing = this.#standing.get(id)
        standing?.counts.set(connection, counts)
        standing?.failedPaths.push(...failedPaths)
      },
      notice: (message) => this.#notices.add(message),
      gone: () => this.#open.delete(connection),
    })
    this.#open.add(connection)
  }

  /** A process that came late is told what stands, and what no longer does. */
  #welcome(connection: ControlConnection, hello: Hello): void {
    this.#heard.set(hello.incarnation, new Set([...this.heard(hello.incarnation), ...hello.preloads]))
    const report = (error: unknown) => this.#notices.add(messageOf(error))
    for (const [id, { order, ending }] of this.#standing) {
      if (!ending && !hello.armed.includes(id)) connection.arm(order).catch(report)
    }
    for (const id of hello.armed) {
      if (this.#standing.get(id)?.ending !== false) connection.disarm(id).catch(report)
    }
  }
}

function sumOf(all: Iterable<FaultCounts>): FaultCounts {
  const sum: Record<string, number> = {}
  for (const counts of all) {
    for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count
  }
  return sum
}
