/** The reference: every line of a history is read and parsed, and nothing is made of it. Prints what that took. */
import { join } from 'node:path'
import { streamJournal } from '../../harness/src/history/readJournal.ts'
import { tellUsage } from './usage.ts'

streamJournal(join(process.argv[2] as string, 'history.jsonl'), {})
tellUsage()
