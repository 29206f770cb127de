import picocolors from 'picocolors'

/** Colours on a terminal only: picocolors alone would also colour the logs of CI. */
export const pc = picocolors.createColors(process.stdout.isTTY === true && !process.env.NO_COLOR)
