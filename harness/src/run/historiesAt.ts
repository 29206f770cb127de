import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { HarnessError } from '../base/errors.ts'
import { guarded } from './artifact.ts'

const historyName = 'history.jsonl'

/** What the folder of a run of Jepsen's may hold, the best first: the EDN has keys and sets as they were. */
const jepsenNames = [
  'history.edn',
  'history.edn.gz',
  'history.txt',
  'history.txt.gz',
  'history.json',
  'history.json.gz',
]

/** store/<name of the test>/<time>/history.edn lies three folders deep. */
const storeDepth = 3

/**
 * The histories of a path: a file itself; of a guard's folder or a run's folder the journals; of a folder of Jepsen's store the
 * history of each run in it. Throws ARTIFACT_UNREADABLE where there is none, with what is there instead.
 */
export function historiesAt(path: string): string[] {
  const isFolder = guarded(path, 'read', () => statSync(path).isDirectory())
  if (!isFolder) return [path]
  const own = join(path, historyName)
  if (existsSync(own)) return [own]
  if (existsSync(join(path, 'guard.json'))) throw missing(own)
  const folders = foldersIn(path)
  for (const folder of folders) {
    if (existsSync(join(folder, 'guard.json')) && !existsSync(join(folder, historyName))) {
      throw missing(join(folder, historyName))
    }
  }
  const journals = folders.map((folder) => join(folder, historyName)).filter((file) => existsSync(file))
  const files = journals.length > 0 ? journals : jepsenHistories(path, storeDepth)
  if (files.length > 0) return files.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  throw new HarnessError('ARTIFACT_UNREADABLE', nothingIn(path))
}

/** Links such as store/latest lead to runs that are found by their own names. */
function foldersIn(path: string): string[] {
  return guarded(path, 'read', () => readdirSync(path, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(path, entry.name))
}

function jepsenHistories(path: string, depth: number): string[] {
  const name = jepsenNames.find((each) => existsSync(join(path, each)))
  if (name !== undefined) return [join(path, name)]
  return depth === 0 ? [] : foldersIn(path).flatMap((folder) => jepsenHistories(folder, depth - 1))
}

function nothingIn(path: string): string {
  const sought = `neither ${historyName} nor Jepsen's history.edn or history.txt`
  if (existsSync(join(path, 'test.jepsen')) || existsSync(join(path, 'test.fressian'))) {
    return (
      `${path} holds a binary file of Jepsen's (test.jepsen or test.fressian), but ${sought}. ` +
      'Have Jepsen write history.edn, and name that.'
    )
  }
  const isEmpty = guarded(path, 'read', () => readdirSync(path)).length === 0
  if (isEmpty) return `${path} is an empty folder. Name a run, a guard's folder or a history.`
  return `${path} holds no history: ${sought}, neither itself nor in its folders. Name a run, a guard's folder or a history.`
}

function missing(file: string): HarnessError {
  return new HarnessError('ARTIFACT_UNREADABLE', `${file} is missing, though guard.json beside it tells of it.`)
}
