import type { Socket } from 'node:net'
import { HarnessError, messageOf } from '../base/errors.ts'
import type { FaultCounts } from '../base/fault.ts'

/** How a process, or a worker thread of it, presents itself. */
export interface Hello {
  pid: number
  /** 0 is the main thread. */
  threadId: number
  mainThread: boolean
  node: string
  /** Counts from 1. */
  incarnation: number
  preloads: string[]
  knownBad: string[]
  /** Faults that it found in its environment and armed before the program loaded. */
  armed: string[]
}

/**
 * What keeps a node's event loop going, by Node's own names of the kinds (`process.getActiveResourcesInfo()`): Timeout for each timer or
 * interval that is set, TCPSocketWrap, TCPServerWrap, FSReqCallback … A kind of which there is none is absent. What the node has unref'd,
 * and listeners, are not counted.
 */
export type ActiveResources = Readonly<Record<string, number>>

export interface Listener {
  hello: (hello: Hello) => void
  counts: (id: string, counts: FaultCounts, failedPaths: readonly string[]) => void
  notice: (message: string) => void
  gone: () => void
}

type Message =
  | ({ type: 'hello' } & Hello)
  | { type: 'armed'; id: string }
  | { type: 'disarmed' | 'counts'; id: string; counts: FaultCounts; failedPaths?: string[] }
  | { type: 'collected'; id: string; retainedBytes: number }
  | { type: 'resources'; id: string; active: ActiveResources }
  | { type: 'error'; id: string; message: string }
  | { type: 'notice'; message: string }

interface Question {
  id: string
  answer: 'armed' | 'disarmed' | 'collected' | 'resources'
  resolve: (answer?: Message) => void
  reject: (error: Error) => void
}

/** One preload at the other end of a socket: JSON lines both ways. */
export class ControlConnection {
  hello: Hello | undefined
  readonly #socket: Socket
  readonly #listener: Listener
  #questions: Question[] = []

  constructor(socket: Socket, listener: Listener) {
    this.#socket = socket
    this.#listener = listener
    let rest = ''
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#take(line)
    })
    // A killed node resets the connection: that is the close that follows, and no news of its own.
    socket.on('error', () => {})
    socket.on('close', () => {
      listener.gone()
      // Nothing is armed in a process that is gone.
      for (const { resolve } of this.#questions.splice(0)) resolve()
    })
  }

  get name(): string {
    if (!this.hello) return 'a process that has not said hello'
    const thread = this.hello.mainThread ? '' : `, thread ${this.hello.threadId}`
    return `${this.hello.node} (pid ${this.hello.pid}${thread})`
  }

  /** Resolves when it is armed, or the process gone. Throws FAULT_FAILED when the process refuses the rule. */
  async arm(order: { id: string; family: string; rule: object }): Promise<void> {
    await this.#ask({ type: 'arm', ...order }, 'armed')
  }

  async disarm(id: string): Promise<void> {
    await this.#ask({ type: 'disarm', id }, 'disarmed')
  }

  /** Collects the garbage of the process; resolves to what it keeps, or to undefined when it is gone. */
  async collect(): Promise<number | undefined> {
    const answer = await this.#ask({ type: 'collect', id: 'heap' }, 'collected')
    return answer?.type === 'collected' ? answer.retainedBytes : undefined
  }

  /** What keeps the main thread alive now; undefined when the process is gone. */
  async activeResources(): Promise<ActiveResources | undefined> {
    const answer = await this.#ask({ type: 'resources', id: 'resources' }, 'resources')
    return answer?.type === 'resources' ? answer.active : undefined
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #ask(command: { type: string; id: string }, answer: Question['answer']): Promise<Message | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return resolve(undefined)
      this.#questions.push({ id: command.id, answer, resolve, reject })
      this.#socket.write(`${JSON.stringify(command)}\n`)
    })
  }

  #take(line: string): void {
    const message = this.#parse(line)
    if (!message) return
    if (message.type === 'hello') {
      const { type, ...hello } = message
      this.hello = hello
      this.#listener.hello(hello)
    } else if (message.type === 'notice') {
      this.#listener.notice(message.message)
    } else if (message.type === 'error') {
      const text = `${this.name} could not obey: ${message.message}`
      this.#settle(message.id, undefined)?.reject(new HarnessError('FAULT_FAILED', text))
    } else if (message.type === 'collected' || message.type === 'resources') {
      this.#settle(message.id, message.type)?.resolve(message)
    } else {
      if (message.type !== 'armed') this.#listener.counts(message.id, message.counts, message.failedPaths ?? [])
      if (message.type !== 'counts') this.#settle(message.id, message.type)?.resolve()
    }
  }

  #parse(line: string): Message | undefined {
    try {
      return JSON.parse(line) as Message
    } catch (cause) {
      this.#listener.notice(`${this.name} sent what is no JSON line (${messageOf(cause)}): ${line.slice(0, 200)}`)
      return undefined
    }
  }

  /** Takes out the oldest question that this answers. */
  #settle(id: string, answer: Question['answer'] | undefined): Question | undefined {
    const at = this.#questions.findIndex((each) => each.id === id && (!answer || each.answer === answer))
    return at < 0 ? undefined : this.#questions.splice(at, 1)[0]
  }
}
