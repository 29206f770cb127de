import { formatCount } from './units.ts'

/** The beginning of a text that may be of any length, and how much more there was. */
export function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)} … (${formatCount(text.length - most)} more characters)`
}
