import { Writable } from 'node:stream'
import type Dockerode from 'dockerode'
import { after } from '../../base/clock.ts'
import { HarnessError } from '../../base/errors.ts'
import { formatMs } from '../../base/units.ts'
import { removeContainer } from './containerLife.ts'
import { type Shell, withArguments } from './shell.ts'

const answerBudgetMs = 5_000

/**
 * A shell in a container that lives as long as our end of its standard input. A command takes about 3 ms, where an exec of the
 * engine takes 40; and when this process dies, the container ends by itself.
 */
export class SidecarShell implements Shell {
  readonly container: Dockerode.Container
  readonly #stdin: NodeJS.WritableStream
  readonly #waiting = new Map<number, (answer: { text: string; code: number }) => void>()
  #said = ''
  #drawn = 0

  private constructor(container: Dockerode.Container, stdin: NodeJS.WritableStream) {
    this.container = container
    this.#stdin = stdin
  }

  /** Of an image that has `sh`. Nothing is left when it throws. */
  static async start(engine: Dockerode, options: Dockerode.ContainerCreateOptions): Promise<SidecarShell> {
    const container = await engine.createContainer({
      ...options,
      Cmd: ['sh'],
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
    })
    try {
      const shell = await SidecarShell.#attach(engine, container)
      await container.start()
      return shell
    } catch (cause) {
      await removeContainer(container)
      throw cause
    }
  }

  static async #attach(engine: Dockerode, container: Dockerode.Container): Promise<SidecarShell> {
    const stream = await container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true })
    const shell = new SidecarShell(container, stream)
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        shell.#hear(chunk.toString())
        done()
      },
    })
    engine.modem.demuxStream(stream, sink, sink)
    // A shell that died is noticed by the next command, which gets no answer.
    stream.on('error', () => {})
    return shell
  }

  async run(script: string, ...args: readonly string[]): Promise<string> {
    const command = withArguments(script, args)
    const { text, code } = await this.#ask(command)
    if (code === 0) return text
    throw new HarnessError('FAULT_FAILED', `"${command}" failed with exit code ${code} in a sidecar: ${text.trim()}`)
  }

  async succeeds(command: string, ...args: readonly string[]): Promise<boolean> {
    return (await this.#ask(withArguments(command, args))).code === 0
  }

  async #ask(command: string): Promise<{ text: string; code: number }> {
    const at = ++this.#drawn
    const answer = new Promise<{ text: string; code: number }>((resolve) => this.#waiting.set(at, resolve))
    // Several in flight are answered in their order, as the shell reads one line after the other.
    this.#stdin.write(`{ ${command}; } 2>&1; echo "@@${at} $?"\n`)
    const gaveUp = new AbortController()
    try {
      const late = after(answerBudgetMs, gaveUp.signal).then(() => undefined)
      const answered = await Promise.race([answer, late])
      if (answered) return answered
      throw new HarnessError(
        'FAULT_FAILED',
        `A sidecar did not answer "${command}" within ${formatMs(answerBudgetMs)}.`,
      )
    } finally {
      gaveUp.abort()
      this.#waiting.delete(at)
    }
  }

  #hear(text: string): void {
    this.#said += text
    for (;;) {
      const end = /@@(\d+) (\d+)\n/.exec(this.#said)
      if (!end) return
      this.#waiting.get(Number(end[1]))?.({ text: this.#said.slice(0, end.index), code: Number(end[2]) })
      this.#said = this.#said.slice(end.index + end[0].length)
    }
  }
}
