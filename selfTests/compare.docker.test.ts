import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pack } from 'tar-stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CompareResult } from '../harness/src/cli/compare.ts'
import { openEngine } from '../harness/src/runtime/container/engine.ts'
import { buildImage } from '../harness/src/runtime/container/image.ts'
import { imageOf } from '../images/specimens.ts'
import { breakwater, repositoryRoot } from './breakwater.ts'

const env = { BREAKWATER_COMPARISONS: 'selfTests/samples/compare/*.ts' }
const base = imageOf('echo')
const late = `breakwater/selftest-late:${process.pid}`
const preload = 'selfTests/samples/compare/lateAnswers.js'
const engine = await openEngine()

/** The echo image with the preload that makes every answer late. */
beforeAll(async () => {
  const dockerfile = `FROM ${base}
COPY lateAnswers.js /app/${preload}
CMD ["node", "--import", "/app/${preload}", "/app/selfTests/samples/echo/server.js"]
`
  const context = pack()
  context.entry({ name: 'Dockerfile' }, dockerfile)
  context.entry({ name: 'lateAnswers.js', mode: 0o644 }, readFileSync(join(repositoryRoot, preload)))
  context.finalize()
  await buildImage(engine, Readable.from(context), { tag: late, dockerfile: 'Dockerfile' })
})

afterAll(() => engine.getImage(late).remove({ force: true }))

test('of two images the one that answers late is red', {
  timeout: 120_000,
}, async () => {
  const words = ['--base', base, '--with', late, '--pairs', '8', '--runtime', 'docker', '--json', '--seed', '71']
  const { exitCode, stdout, stderr } = await breakwater(['compare', ...words], env)
  expect(exitCode, stderr).toBe(1)
  const [result] = (JSON.parse(stdout) as { comparisons: CompareResult[] }).comparisons
  expect(result).toMatchObject({ base, with: late, verdict: 'broken' })
  for (const pair of result?.pairs ?? []) expect(pair.base.p50Ms).toBeLessThan(pair.with.p50Ms)
  const p50 = result?.figures.find(({ figure }) => figure === 'p50')
  expect(p50).toMatchObject({ verdict: 'broken' })
  expect(p50?.with).toBeGreaterThanOrEqual(150)
  // Read from the containers, not from clients beside them. The kernel counts in ticks of 10 ms, of which one short arm may take none.
  for (const arm of ['base', 'with'] as const) {
    const sum = (result?.pairs ?? []).reduce((total, pair) => total + pair[arm].cpuMsPerOperation, 0)
    expect(sum, arm).toBeGreaterThan(0)
  }
})

test.each([
  [' ', 2, 'The image of a build is empty.'],
  ['breakwater/no-such-build:1', 3, 'The image breakwater/no-such-build:1 is not here and cannot be pulled'],
])('an image %j that cannot be started is refused with exit code %i', async (image, exit, sentence) => {
  const words = ['--with', image, '--pairs', '1', '--runtime', 'docker']
  const { exitCode, stderr } = await breakwater(['compare', ...words], env)
  expect(stderr).toContain(sentence)
  expect(exitCode).toBe(exit)
})
