import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { breakwater, repositoryRoot } from './breakwater.ts'

const read = (path: string) => readFileSync(join(repositoryRoot, path), 'utf8')
const readme = read('README.md')

/** The lines of the table below a heading, without its head. */
function tableBelow(heading: string): string[] {
  const section = readme.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
}

test('the README lists every guard', async () => {
  const { stdout } = await breakwater(['suite', '--list', '--json'])
  const guards = JSON.parse(stdout) as { id: string }[]
  const listed = tableBelow('Guards').map((line) => line.split('|')[1]?.trim())
  expect(listed.sort()).toEqual(guards.map(({ id }) => id).sort())
})

test('the ledger lists every known-bad build with the guards that reject it', () => {
  const folder = join(repositoryRoot, 'fixtures', 'knownBad')
  const builds = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  expect(builds.length).toBeGreaterThan(10)
  const ledger = tableBelow('Ledger of defects caught')
  for (const { name } of builds) {
    const { kills } = JSON.parse(read(join('fixtures', 'knownBad', name, 'defect.json'))) as {
      kills: { guard: string }[]
    }
    const line = ledger.find((each) => each.startsWith(`| ${name} |`)) ?? ''
    for (const { guard } of kills) expect(line, name).toContain(guard)
  }
  expect(ledger).toHaveLength(builds.length)
})

test('every dependency has its reason', () => {
  const reasons = tableBelow('Dependencies').join('\n')
  for (const path of ['package.json', 'harness/package.json', 'fixtures/package.json']) {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(read(path)) as Record<string, Record<string, string>>
    for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
      if (name.startsWith('@breakwater/')) continue
      expect(reasons, path).toContain(name)
    }
  }
})

test('every file that the README links to is there', () => {
  const links = [...readme.matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, path = '']) => path)
  expect(links.length).toBeGreaterThan(4)
  for (const path of links) expect(() => readdirSync(join(repositoryRoot, path, '..')), path).not.toThrow()
  for (const path of links.filter((each) => /\.\w+$/.test(each))) expect(() => read(path), path).not.toThrow()
})

test('every npm script and option that the README shows exists', async () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const shown = [...readme.matchAll(/npm (?:run )?(?:-s )?(?:run )?(suite|prove|compare|test|bench|check|images)\b/g)]
  expect(shown.length).toBeGreaterThan(8)
  for (const [, name = ''] of shown) expect(scripts).toHaveProperty(name)
  const help = (await breakwater(['suite', '--help'])).stdout
  for (const [, option = ''] of readme.matchAll(/npm run (?:-s )?suite -- .*?(--[a-z]+)/g))
    expect(help).toContain(option)
})
