import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadExploration, loadNamedExploration } from './loadExploration.ts'

let root: string
/** Written by each module as it is loaded. */
const mark = () => join(root, 'loaded')
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'breakwater-systems-'))
  for (const folder of ['fixtures/systems/pond', 'fixtures/systems/empty', 'evil']) {
    mkdirSync(join(root, folder), { recursive: true })
    if (folder.endsWith('empty')) continue
    const loads = `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(mark())}, ${JSON.stringify(folder)})\n`
    const exported = `export const exploration = { system: { name: 'pond' }, workloads: {} }\n`
    writeFileSync(join(root, folder, 'exploration.ts'), loads + exported)
  }
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const from = '/runs/of/somebody/plan.json'

test('a system that the project knows by name is loaded', async () => {
  expect(await loadNamedExploration('pond', root, { from })).toMatchObject({ system: { name: 'pond' } })
  expect(existsSync(mark())).toBe(true)
})

test.each([
  '../../evil',
  'evil/exploration.ts',
  './evil/exploration.ts',
  'pond/../../../evil',
  '../systems/pond',
  'pond/',
  '.',
  '',
  '__proto__',
  'empty',
  'pond\0',
  'file:///evil/exploration.ts',
  'data:text/javascript,1',
])('a run folder that names the system %j loads nothing', async (system) => {
  for (const named of [system, join(root, system), join(root, 'evil', 'exploration.ts')]) {
    const load = loadNamedExploration(named, root, { from })
    await expect(load).rejects.toThrow(/^[^\n]*plan\.json names the system .*knows: pond\..*--system\. \[BAD_USAGE\]$/)
  }
  expect(existsSync(mark())).toBe(false)
})

test('what its user names is loaded, whatever the run folder says', async () => {
  const asked = join('evil', 'exploration.ts')
  await loadNamedExploration('/nowhere.ts', root, { from, asked })
  expect(existsSync(mark())).toBe(true)
  await expect(loadExploration('../../evil', root)).rejects.toThrow(/no exploration of "\.\.\/\.\.\/evil".*pond/)
})
