/**
 * A runner that is killed while a write is in flight which its system has applied: journals into the folder of its first argument
 * and says "judge me" once all of that is on disk. With a second argument a client also reads what nobody wrote.
 */
import { join } from 'node:path'
import { openJournal } from '../../harness/src/history/journal.ts'
import { createRecorder } from '../../harness/src/history/recorder.ts'

const [folder = '', ghost] = process.argv.slice(2)
const journal = openJournal(join(folder, 'history.jsonl'), { seed: 71, guard: 'KILLED-1' })
const recorder = createRecorder(journal)
const rows = new Map<string, number>()
const put = (client: string, value: number, answer: Promise<void>) =>
  recorder.run({ client, node: 'n1', table: 'rows', kind: 'put', key: 'x', value }, () => {
    rows.set('x', value)
    return answer
  })
const read = (answer: () => number | undefined) =>
  recorder.run(
    { client: 'c3', node: 'n1', table: 'rows', kind: 'read', key: 'x' },
    async () => answer(),
    (value) => value,
  )

await put('c1', 1, Promise.resolve())
void put('c2', 2, new Promise(() => {}))
await read(() => rows.get('x'))
if (ghost !== undefined) await read(() => 9)
for (const node of ['n1', 'n2']) {
  await recorder.observe({ node, what: 'rows', table: 'rows' }, () => [{ key: 'x', value: rows.get('x') }])
}
await journal.flush()
console.log('judge me')
setInterval(() => {}, 60_000)
