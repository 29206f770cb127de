import type { Budget } from '../base/budget.ts'
import { shownPath } from '../base/shownPath.ts'
import { LogReader } from '../probe/logReader.ts'

/** What a node logged, over all its incarnations. One file, and one reader, per incarnation. */
export class NodeLog {
  readonly node: string
  readonly incarnations: LogReader[] = []

  constructor(node: string) {
    this.node = node
  }

  open(path: string): LogReader {
    const reader = new LogReader(path)
    this.incarnations.push(reader)
    return reader
  }

  get current(): LogReader {
    const reader = this.incarnations.at(-1)
    if (!reader) throw new Error(`${this.node} was never started, so it has no log`)
    return reader
  }

  /** The file to open first, relative to the working folder. */
  get path(): string {
    const path = this.incarnations.at(-1)?.path
    return path === undefined ? '(never started)' : shownPath(path)
  }

  refresh(): void {
    for (const reader of this.incarnations) reader.refresh()
  }

  lines(): string[] {
    return this.incarnations.flatMap((reader) => reader.lines())
  }

  matches(pattern: string | RegExp): string[] {
    return this.incarnations.flatMap((reader) => reader.matches(pattern))
  }

  count(pattern: string | RegExp): number {
    return this.matches(pattern).length
  }

  /** Waits for a line of the current incarnation. */
  awaitLine(pattern: string | RegExp, budget: number | Budget): Promise<string> {
    return this.current.awaitLine(pattern, budget)
  }

  /** Lets go of the oldest ones. Returns their paths. */
  forget(count: number): string[] {
    const past = this.incarnations.splice(0, count)
    for (const reader of past) reader.close()
    return past.map(({ path }) => path)
  }

  close(): void {
    for (const reader of this.incarnations) reader.close()
  }
}
