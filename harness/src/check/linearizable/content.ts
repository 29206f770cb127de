/**
 * A value as text that is equal exactly when the value is: '' is nothing at all, 's…' a string, 'j…' any other JSON.
 * A string stays as it is, so that appending to one is appending to the other.
 */
export type Content = string
export const absent: Content = ''
/** What nobody knows: whatever is read of it was there. */
export const anything: Content = '?'

export function contentOf(value: unknown): Content {
  if (value === undefined || value === null) return absent
  return typeof value === 'string' ? `s${value}` : `j${jsonOf(value)}`
}

/** Two rows are equal in whatever order their fields come, `__proto__` being a field like others. */
function jsonOf(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`
  if (value instanceof Date) return JSON.stringify(value)
  const fields = Object.entries(value).filter(([, each]) => each !== undefined)
  fields.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, each]) => `${JSON.stringify(name)}:${jsonOf(each)}`).join(',')}}`
}

export function isComposite(content: Content): boolean {
  return content.startsWith('j{') || content.startsWith('j[')
}

export function showContent(content: Content): string {
  if (content === absent) return 'nothing'
  if (content === anything) return 'what nobody knows'
  const text = content[0] === 's' ? JSON.stringify(content.slice(1)) : content.slice(1)
  return text.length > 60 ? `${text.slice(0, 28)}…${text.slice(-28)}` : text
}
