import { relative } from 'node:path'

/** A path as a person would type it: relative to the working folder where it lies below. */
export function shownPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short === '' || short.startsWith('..') ? path : short
}
