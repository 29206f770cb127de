/** Where commands of a fault run. */
export interface Shell {
  /** Standard output and error together. Throws FAULT_FAILED when the command fails or no answer comes. */
  run(command: string): Promise<string>
  /** True when the command succeeds. */
  succeeds(command: string): Promise<boolean>
}
