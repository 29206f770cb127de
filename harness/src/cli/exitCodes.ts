/** What each command's exit code means. */
export const exitCodes = {
  passed: 0,
  failed: 1,
  /** Unknown option, guard or build; a value that cannot be read. */
  badUsage: 2,
  /** Nothing failed, but some claim lacks its witness. */
  inconclusive: 3,
  /** A bug of Breakwater itself: nothing is known of what was asked. EX_SOFTWARE of sysexits.h. */
  internalError: 70,
  interrupted: 130,
} as const
