import { basename, relative } from 'node:path'
import type { TestCase, TestSpecification, Vitest } from 'vitest/node'
import { HarnessError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { guardIdOf } from '../run/guardId.ts'

/** One test of the suite, as found by reading the test files without running them. */
export interface Guard {
  id: string
  title: string
  /** Relative to the root. */
  file: string
  /** Runs on every pull request. */
  gate: boolean
  testId: string
  specification: TestSpecification
}

export interface FoundGuards {
  guards: Guard[]
  /** A sentence for each test file that cannot be read: whatever guards it holds are in no list. */
  unread: { file: string; sentence: string }[]
}

export async function findGuards(vitest: Vitest, root: string): Promise<FoundGuards> {
  const specifications = await vitest.globTestSpecifications()
  const modules = await vitest.parseSpecifications(specifications)
  const guards = modules.flatMap((module) => {
    const specification = specifications.find((each) => each.moduleId === module.moduleId)
    if (!specification) throw new Error(`no specification for ${module.moduleId}`)
    return [...module.children.allTests()].map((test) => toGuard(test, specification, root))
  })
  const unread = modules.flatMap((module) => {
    const file = relative(root, module.moduleId)
    const [error] = module.errors()
    return error ? [{ file, sentence: `${file} cannot be read: ${error.message.split('\n')[0]}` }] : []
  })
  return { guards: guards.sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true })), unread }
}

function toGuard(test: TestCase, specification: TestSpecification, root: string): Guard {
  return {
    id: guardIdOf(test.name),
    title: test.name,
    file: relative(root, specification.moduleId),
    gate: test.tags.includes('gate'),
    testId: test.id,
    specification,
  }
}

/**
 * The guards that the words ask for: an id (PEER-1), the beginning of one (PEER), or a word of the file or the title.
 * No words: the gate, or everything with `all`. `exact`: whole ids only. Throws BAD_USAGE with the nearest name where a word finds nothing.
 */
export function selectGuards(
  guards: readonly Guard[],
  words: readonly string[],
  { exact = false, all = false }: { exact?: boolean; all?: boolean } = {},
): Guard[] {
  if (words.length === 0) return guards.filter((guard) => all || guard.gate)
  const chosen = new Set<Guard>()
  for (const word of words) {
    // As an unset variable of a script leaves it: it opens every id, and would run all there is.
    if (word.trim() === '')
      throw new HarnessError('BAD_USAGE', `A guard is named by its id or a word, not by "${word}".`)
    const found = guards.filter((guard) => (exact ? guard.id === word : matchesId(guard.id, word)))
    const hits = found.length > 0 || exact ? found : guards.filter((guard) => matchesWord(guard, word))
    if (hits.length === 0) throw unknownGuard(word, guards)
    for (const guard of hits) chosen.add(guard)
  }
  return guards.filter((guard) => chosen.has(guard))
}

/** PEER-1 is not the beginning of PEER-10, but it is of PEER-1b. */
function matchesId(id: string, word: string): boolean {
  const upper = word.toUpperCase()
  const whole = id.toUpperCase()
  if (!whole.startsWith(upper)) return false
  const next = whole[upper.length]
  return next === undefined || !(/\d/.test(next) && /\d$/.test(upper))
}

function matchesWord(guard: Guard, word: string): boolean {
  const low = word.toLowerCase()
  return guard.file.toLowerCase().includes(low) || guard.title.toLowerCase().includes(low)
}

function unknownGuard(word: string, guards: readonly Guard[]): HarnessError {
  const names = [...new Set(guards.flatMap((guard) => [guard.id, basename(guard.file).replace('.test.ts', '')]))]
  const near = nearest(word, names)
  return new HarnessError(
    'BAD_USAGE',
    `No guard has the id or the word "${word}"${near ? `; did you mean "${near}"?` : '.'} List them with: npm run suite -- --list`,
  )
}
