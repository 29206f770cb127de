import type { Node } from '../cluster/node.ts'
import type { LogReader } from '../probe/logReader.ts'

/** Lines with a text that some nodes log from now on, in all of their lives to come. */
export class LinesSeen {
  readonly #nodes: readonly Pick<Node<never>, 'name' | 'log'>[]
  readonly #text: string
  /** Each with the way to stop following it. */
  readonly #followed = new Map<LogReader, () => void>()
  /** Index of the last such line in each log: one that was read back before its line end is heard of again. */
  readonly #lastIndex = new Map<LogReader, number>()
  /** Who logged each of the lines. */
  readonly #loggedBy: string[] = []

  constructor(nodes: readonly Pick<Node<never>, 'name' | 'log'>[], text: string) {
    this.#nodes = nodes
    this.#text = text
    for (const { name, log } of nodes) for (const reader of log.incarnations) this.#follow(name, reader)
  }

  /** Reads on; who logged each line so far, in the order in which they were read. */
  look(): readonly string[] {
    for (const { name, log } of this.#nodes) {
      for (const reader of log.incarnations) {
        if (this.#followed.has(reader)) continue
        this.#follow(name, reader)
        // A life that began meanwhile: all of it counts. Followed first and read back in the same turn: no line falls between.
        reader.lines().forEach((line, index) => void this.#take(name, reader, line, index))
      }
      // Those of ended lives say no more.
      log.incarnations.at(-1)?.refresh()
    }
    return this.#loggedBy
  }

  #follow(name: string, reader: LogReader): void {
    this.#followed.set(
      reader,
      reader.onLine((line, index) => this.#take(name, reader, line, index)),
    )
  }

  #take(name: string, reader: LogReader, line: string, index: number): void {
    if (!line.includes(this.#text) || index <= (this.#lastIndex.get(reader) ?? -1)) return
    this.#lastIndex.set(reader, index)
    this.#loggedBy.push(name)
  }

  close(): void {
    for (const stop of this.#followed.values()) stop()
  }
}
