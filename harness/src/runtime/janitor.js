/**
 * The watchdog process. Its standard input is a pipe that the runner holds; the end of it means that the runner is gone, however
 * it went. Then the process groups that are still on the list are killed and the temporary folders removed.
 *
 * Plain JavaScript that imports nothing of ours: it starts in half the time and in two thirds of the memory of a TypeScript
 * file, and it must run when everything else is broken.
 *
 * Lines:  add <group> <start ticks>   remove <group>   keep <group>   folder <path>   forget <path>   release
 *         label <JSON of label and engine>   spare <id of a container or network>
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'

const runnerTag = `BREAKWATER_RUNNER=${process.env.BREAKWATER_RUNNER}`
const runnerPid = process.ppid
const groups = new Map()
const folders = new Set()
/** JSON of `{label, engine}`: what is removed from a container engine. */
const labels = new Set()
const spared = new Set()
/** What was started but not yet put on the list, or left its group, is known by the tag in its environment. */
let sweepsByTag = true

// A signal to all of the job's processes must not take away the one that cleans up after them. During the 40 ms in which Node
// boots it still would; the runner then starts another.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})

const commands = {
  add: (text) => {
    const [group, startTicks] = text.split(' ').map(Number)
    groups.set(group, startTicks)
  },
  remove: (text) => groups.delete(Number(text)),
  keep: (text) => {
    groups.delete(Number(text))
    sweepsByTag = false
  },
  folder: (text) => folders.add(text),
  forget: (text) => folders.delete(text),
  label: (text) => labels.add(text),
  spare: (text) => spared.add(text),
  release: () => {
    groups.clear()
    folders.clear()
    labels.clear()
    sweepsByTag = false
  },
}

let rest = ''
process.stdin.setEncoding('utf8')
process.stdin.on('data', (text) => {
  const lines = (rest + text).split('\n')
  rest = lines.pop()
  for (const line of lines) {
    const [verb] = line.split(' ', 1)
    commands[verb]?.(line.slice(verb.length + 1))
  }
})
process.stdin.on('error', cleanUp)
process.stdin.on('end', cleanUp)

let cleaning = false
async function cleanUp() {
  if (cleaning) return
  cleaning = true
  const killed = new Set()
  const problems = []
  for (let round = 0; round < 100; round++) {
    const left = survivors()
    if (left.length === 0) break
    for (const entry of left) kill(entry, killed)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  // Before the folders: a container writes into them as long as it lives.
  for (const text of labels) await removeLabelled(JSON.parse(text), problems)
  for (const folder of folders) {
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
    } catch (error) {
      problems.push(error.message)
    }
  }
  const left = survivors().map((entry) => entry.pid)
  if (left.length > 0) problems.push(`processes ${left.join(', ')} survived SIGKILL`)
  if (killed.size > 0) say(`the runner ${runnerPid} is gone; killed what it left: ${[...killed].join(', ')}`)
  for (const problem of problems) say(problem)
  process.exit(problems.length === 0 ? 0 : 1)
}

/**
 * In rounds, as a container may just be in the making; volumes and networks go when no container hangs on them any more.
 * An engine that does not answer is told about once.
 */
async function removeLabelled({ label, engine }, problems) {
  const filters = encodeURIComponent(JSON.stringify({ label: [label] }))
  const sources = [
    {
      list: `/containers/json?all=1&filters=${filters}`,
      of: (all) => all.map(({ Id }) => Id),
      remove: (id) => `/containers/${id}?force=1&v=1`,
    },
    { list: `/networks?filters=${filters}`, of: (all) => all.map(({ Id }) => Id), remove: (id) => `/networks/${id}` },
    {
      list: `/volumes?filters=${filters}`,
      of: (all) => (all.Volumes ?? []).map(({ Name }) => Name),
      remove: (name) => `/volumes/${name}`,
    },
  ]
  let left = []
  try {
    for (let round = 0; round < 20; round++) {
      left = []
      for (const { list, of, remove } of sources) {
        const ids = of(JSON.parse(await ask(engine, 'GET', list))).filter((id) => !spared.has(id))
        left.push(...ids)
        await Promise.all(ids.map((id) => ask(engine, 'DELETE', remove(id))))
      }
      // One empty round more: a request of the runner may have been on its way when it died.
      if (left.length === 0 && round > 0) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  } catch (error) {
    problems.push(`cannot clean up the containers labelled ${label}: ${error.message}`)
    return
  }
  if (left.length > 0) problems.push(`labelled ${label} and still there: ${left.join(', ')}`)
}

function ask(engine, method, path) {
  return new Promise((resolve, reject) => {
    const asked = request({ ...engine, method, path, timeout: 10_000 }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (more) => {
        text += more
      })
      response.once('end', () => resolve(text))
      response.once('error', reject)
    })
    asked.once('timeout', () => asked.destroy(new Error('the container engine does not answer')))
    asked.once('error', reject)
    asked.end()
  })
}

/** Process by process and in rounds: what is forked in between belongs to the next round. */
function kill(entry, killed) {
  try {
    process.kill(entry.pid, 'SIGKILL')
    killed.add(entry.pid)
  } catch (error) {
    if (error.code !== 'ESRCH') say(`cannot kill ${entry.pid}: ${error.message}`)
  }
}

function survivors() {
  const table = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => entryOf(name))
    .filter((entry) => entry !== undefined && entry.state !== 'X')
  const leaders = new Map(table.filter((entry) => entry.pid === entry.group).map((entry) => [entry.pid, entry]))
  // The kernel gives a number away again only when the whole group is gone, so another start time means another group.
  const isListed = (entry) =>
    groups.has(entry.group) &&
    (leaders.get(entry.group)?.startTicks ?? groups.get(entry.group)) === groups.get(entry.group)
  return table.filter((entry) => entry.state !== 'Z' && (isListed(entry) || (sweepsByTag && carriesTag(entry.pid))))
}

function entryOf(name) {
  const text = read(`/proc/${name}/stat`)
  if (text === undefined) return undefined
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { pid: Number(name), state: fields[0], group: Number(fields[2]), startTicks: Number(fields[19]) }
}

function carriesTag(pid) {
  return read(`/proc/${pid}/environ`)?.split('\0').includes(runnerTag) ?? false
}

/** Undefined for a process that is gone or belongs to somebody else. */
function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Standard error is the runner's; it may be closed by now, and cleaning up goes on all the same. */
function say(text) {
  try {
    process.stderr.write(`breakwater watchdog: ${text}\n`)
  } catch {
    process.exitCode = 1
  }
}
