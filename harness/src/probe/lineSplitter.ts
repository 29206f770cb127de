import { StringDecoder } from 'node:string_decoder'
import { MiB } from '../base/units.ts'

/** A line longer than this is cut: a file without line ends must not be held in memory whole. */
const longestLine = MiB

/** Bytes in, whole lines out. Characters and lines may be torn between two pieces. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8')
  #rest = ''

  /** The characters after the last line end: a line that is still being written. */
  get rest(): string {
    return this.#rest
  }

  push(bytes: Buffer): string[] {
    const lines = (this.#rest + this.#decoder.write(bytes)).split('\n')
    this.#rest = lines.pop() as string
    while (this.#rest.length > longestLine) {
      lines.push(this.#rest.slice(0, longestLine))
      this.#rest = this.#rest.slice(longestLine)
    }
    return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
  }
}
