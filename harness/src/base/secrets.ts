/** By what people call such variables. PWD is a folder, SSH_AUTH_SOCK a path, XDG_SESSION_ID a number. */
const secretName =
  /(?:^|_|(?<=^PG))(?:SECRETS?|TOKENS?|PASS|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|AUTH|AUTHORIZATION|COOKIE|DSN|KEY|APIKEY|JWT|PAT)(?:$|_(?!FILE|PATH|DIR|SOCK|ID|NAME|COUNT|SIZE))/i
/** `--password x`, `--api-key=x`, `TOKEN=x` in a command line. */
const secretArgument =
  /((?:^|[\s;"'])(?:-{1,2}|[A-Z0-9_]*_)?(?:[\w-]*[-_])?(?:secret|token|password|passwd|passphrase|api-?key|access-?key|private-?key|credentials?)(?:=|\s+))("[^"]*"|'[^']*'|[^\s"']+)/gi
/** The password of `scheme://user:password@host`. */
const passwordInUrl = /([a-z][a-z0-9+.-]*:\/\/[^\s/:@"']*:)([^\s/@"']+)(@)/gi

/** A shorter value stands in too many words by chance; a longer one of digits alone is a number somewhere. */
const shortestSecret = 8

export const redactedMark = '[redacted]'

/** Whether a variable of this name is one whose value nobody should read in an artifact. */
export function isSecretName(name: string): boolean {
  return secretName.test(name)
}

/** The values of an environment that must not be written down, longest first. */
export function secretsOf(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const values = new Set<string>()
  for (const [name, value = ''] of Object.entries(env)) {
    if (isSecretName(name)) values.add(value)
    for (const [, , password = ''] of value.matchAll(passwordInUrl)) values.add(password)
    if (/^BREAKWATER_\w+_COMMAND$/.test(name)) {
      for (const [, , argument = ''] of value.matchAll(secretArgument)) values.add(argument.replace(/^["']|["']$/g, ''))
    }
  }
  return [...values]
    .filter((value) => value.length >= shortestSecret && !/^\d+$/.test(value))
    .sort((a, b) => b.length - a.length)
}

/**
 * The text without the secrets of the environment, as they are and as JSON and URLs spell them. Values below 8 characters and plain
 * numbers are not looked for: they stand in other words, too.
 */
export function redact(text: string, secrets: readonly string[] = secretsOf()): string {
  let redacted = text
  for (const secret of secrets) {
    for (const spelt of spellings(secret)) redacted = redacted.replaceAll(spelt, redactedMark)
  }
  return redacted
}

/** A command line for people: also what only looks like a secret goes. */
export function redactCommand(command: string, secrets: readonly string[] = secretsOf()): string {
  return redact(command, secrets)
    .replace(secretArgument, `$1${redactedMark}`)
    .replace(passwordInUrl, `$1${redactedMark}$3`)
}

export function spellings(secret: string): Set<string> {
  return new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
}
