/** Writes the report of a guard's folder. Prints what that took. */
import { writeReport } from '../../harness/src/run/report/writeReport.ts'
import { tellUsage } from './usage.ts'

writeReport(process.argv[2] as string)
tellUsage()
