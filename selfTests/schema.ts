import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'docs', 'schema')
const ending = '.schema.json'

export const schemaNames = readdirSync(folder)
  .filter((name) => name.endsWith(ending))
  .map((name) => name.slice(0, -ending.length))

const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, allowUnionTypes: true })
for (const name of schemaNames) {
  ajv.addSchema(JSON.parse(readFileSync(join(folder, `${name}${ending}`), 'utf8')) as object)
}

/** What a value has against a published schema, in words; empty when it is as the schema says. */
export function against(schema: string, value: unknown): string[] {
  const validate = ajv.getSchema(`${schema}${ending}`)
  if (!validate) throw new Error(`There is no schema ${schema}; there are: ${schemaNames.join(', ')}.`)
  if (validate(value)) return []
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    return `${schema}${instancePath} ${message} ${JSON.stringify(params)}`
  })
}

/** What a command printed as JSON, and what it left in the folders that it names. Throws with all that the schemas do not know. */
export function holdToSchemas(command: string, output: unknown): void {
  // Shards put together are an exploration.
  const schema = command === 'report' && 'shards' in (output as object) ? 'explore' : command
  const wrong = schemaNames.includes(schema) && schema !== 'soak' ? against(schema, output) : []
  for (const path of foldersOf(output)) wrong.push(...folderAgainst(resolve(root, path)))
  if (wrong.length > 0) throw new Error(`breakwater ${command}: docs/schema differs.\n${wrong.slice(0, 20).join('\n')}`)
}

/** The files of one run, guard or exploration, each against its schema. */
export function folderAgainst(path: string): string[] {
  const wrong: string[] = []
  for (const name of ['run', 'guard', 'plan', 'soak']) {
    const file = join(path, `${name}.json`)
    if (existsSync(file)) wrong.push(...against(name, JSON.parse(readFileSync(file, 'utf8'))))
  }
  const history = join(path, 'history.jsonl')
  if (existsSync(history)) wrong.push(...historyAgainst(history))
  return wrong
}

function historyAgainst(path: string): string[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  return lines.flatMap((line, at) => against('history', JSON.parse(line)).map((each) => `line ${at + 1} of ${each}`))
}

/** Every `runFolder` and `folder` that is named anywhere in it. */
function foldersOf(output: unknown): string[] {
  if (output === null || typeof output !== 'object') return []
  return Object.entries(output).flatMap(([name, value]) =>
    typeof value === 'string' && (name === 'folder' || name === 'runFolder') ? [value] : foldersOf(value),
  )
}
