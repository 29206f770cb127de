import { shellQuote } from '../../base/shellQuote.ts'

/**
 * Where commands of a fault run. A command is a text of ours; what comes from elsewhere, the names of folders above all, goes in as
 * arguments, which the command calls `"$1"`, `"$2"` and so on: no character of theirs is read by a shell.
 */
export interface Shell {
  /** Standard output and error together. Throws FAULT_FAILED when the command fails or no answer comes. */
  run(command: string, ...args: readonly string[]): Promise<string>
  /** True when the command succeeds. */
  succeeds(command: string, ...args: readonly string[]): Promise<boolean>
}

/** The command with its arguments as one text for a shell, which starts another shell where there are any. */
export function withArguments(command: string, args: readonly string[]): string {
  return args.length === 0 ? command : ['sh', '-c', command, 'sh', ...args].map(shellQuote).join(' ')
}
