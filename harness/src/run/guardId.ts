/** A guard's id opens its test's title: "PEER-1 a receiver …" -> PEER-1. Titles without one are their own id. */
export function guardIdOf(title: string): string {
  return /^[A-Z]+-\d+[a-z]?(?=\s|$)/.exec(title)?.[0] ?? title
}

/** An id as a folder name. */
export function folderNameOf(id: string): string {
  return id.replace(/[^A-Za-z0-9-]+/g, '-').slice(0, 60)
}
