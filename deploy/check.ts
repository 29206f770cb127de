/** Holds the manifests below deploy/ to the schemas of Kubernetes, as a part of `npm run check`. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { problemsOf } from './manifests.ts'

const names = globSync('**/*.yaml', { cwd: import.meta.dirname })
const problems = names.flatMap((name) =>
  problemsOf(readFileSync(join(import.meta.dirname, name), 'utf8'), join('deploy', name)),
)
if (names.length === 0) problems.push('deploy/ holds no manifest to check.')
for (const problem of problems) process.stderr.write(`${problem}\n`)
process.exitCode = problems.length > 0 ? 1 : 0
