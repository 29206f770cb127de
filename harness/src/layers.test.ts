import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')

/** What each layer of the harness may import, besides itself. `vitest` means the package. */
const allowed: Record<string, readonly string[]> = {
  base: [],
  history: ['base'],
  check: ['base', 'history'],
  network: ['base'],
  probe: ['base'],
  runtime: ['base', 'network', 'probe'],
  cluster: ['base', 'network', 'probe', 'runtime'],
  workload: ['base', 'history', 'cluster', 'network', 'probe', 'runtime'],
  nemesis: ['base', 'history', 'cluster', 'network', 'probe', 'runtime'],
  run: ['base', 'history', 'check', 'network', 'probe', 'runtime', 'cluster', 'workload', 'nemesis'],
  vitest: ['base', 'history', 'check', 'network', 'probe', 'runtime', 'cluster', 'workload', 'nemesis', 'run'],
  explore: ['base', 'history', 'check', 'network', 'probe', 'runtime', 'cluster', 'workload', 'nemesis', 'run'],
  soak: ['base', 'history', 'check', 'network', 'probe', 'runtime', 'cluster', 'workload', 'nemesis', 'run', 'explore'],
  cli: [
    'base',
    'history',
    'check',
    'network',
    'probe',
    'runtime',
    'cluster',
    'workload',
    'nemesis',
    'run',
    'explore',
    'soak',
  ],
}

interface Import {
  file: string
  specifier: string
  /** The imported file relative to the root, for relative specifiers. */
  target: string | undefined
}

function importsBelow(folder: string): Import[] {
  return filesBelow(folder).flatMap(importsOf)
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|js)$/.test(name) && !name.includes('node_modules'))
    .map((name) => join(folder, name))
}

function importsOf(file: string): Import[] {
  const source = readFileSync(join(root, file), 'utf8')
  const found = source.matchAll(/(?:from|import)\s*\(?\s*'([^'\n]+)'/g)
  return [...found].map(([, specifier = '']) => ({
    file,
    specifier,
    target: specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : undefined,
  }))
}

const harness = importsBelow('harness/src')
const fixtures = importsBelow('fixtures')
const isTest = (file: string) => /\.test\.ts$|Bed\.ts$/.test(file)
const layerOf = (file: string) => /^harness\/src\/([^/]+)\//.exec(file)?.[1]

test('imports were read', () => {
  expect(harness.length).toBeGreaterThan(100)
  expect(fixtures.length).toBeGreaterThan(50)
})

test('each layer of the harness imports only the layers below it', () => {
  const wrong = harness.filter(({ file, target }) => {
    const from = layerOf(file)
    const to = target && layerOf(target)
    if (isTest(file) || !from || !to || from === to) return false
    return !allowed[from]?.includes(to)
  })
  expect(wrong).toEqual([])
})

test('every folder of the harness has its place in the layers', () => {
  const folders = readdirSync(join(root, 'harness/src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const unplaced = folders.map((entry) => entry.name).filter((name) => !(name in allowed))
  expect(unplaced).toEqual([])
})

test('the harness knows no fixture and no test', () => {
  const wrong = harness.filter(({ target }) => target !== undefined && !target.startsWith('harness/'))
  expect(wrong).toEqual([])
})

test('only the vitest door and the cli know vitest', () => {
  const wrong = harness.filter(({ file, specifier }) => {
    const layer = layerOf(file)
    return /^vitest(\/|$)/.test(specifier) && !isTest(file) && layer !== 'vitest' && layer !== 'cli'
  })
  expect(wrong).toEqual([])
})

test('daemons, their kit, and preloads import nothing of the harness', () => {
  const inside = /^fixtures\/(systems\/kit|systems\/[^/]+\/daemon|faults|knownBad)\//
  const wrong = fixtures.filter(({ file, specifier, target }) => {
    if (!inside.test(file) || isTest(file)) return false
    return specifier.startsWith('@breakwater/harness') || target?.startsWith('harness/') === true
  })
  expect(wrong).toEqual([])
})

test('the kit knows no system', () => {
  const kit = fixtures.filter(({ file }) => file.startsWith('fixtures/systems/kit/'))
  expect(kit.length).toBeGreaterThan(10)
  const wrong = kit.filter(
    ({ target }) => target?.startsWith('fixtures/') && !target.startsWith('fixtures/systems/kit/'),
  )
  expect(wrong).toEqual([])
})

test('guards use only the two doors of the harness', () => {
  const guards = importsBelow('integrationTests')
  expect(guards.length).toBeGreaterThan(20)
  const wrong = guards.filter(({ specifier, target }) => {
    if (target?.startsWith('harness/')) return true
    return /^@breakwater\/harness\/(?!vitest$)/.test(specifier)
  })
  expect(wrong.map((each) => relative(root, each.file))).toEqual([])
})

test('no path is made from a URL by .pathname, which keeps %20 for a blank: fileURLToPath does it', () => {
  const folders = ['bench', 'fixtures', 'harness', 'images', 'integrationTests', 'selfTests']
  const files = folders.flatMap((folder) => filesBelow(folder))
  expect(files.length).toBeGreaterThan(500)
  const wrong = files.filter((file) =>
    /import\.meta\.url\s*\)\s*\.pathname/.test(readFileSync(join(root, file), 'utf8')),
  )
  expect(wrong).toEqual([])
})
