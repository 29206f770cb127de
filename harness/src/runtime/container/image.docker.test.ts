import { Readable } from 'node:stream'
import { pack } from 'tar-stream'
import { expect, test } from 'vitest'
import { openEngine } from './engine.ts'
import { buildImage, hasImage, requireImage } from './image.ts'

function contextOf(dockerfile: string): Readable {
  const tar = pack()
  tar.entry({ name: 'Dockerfile' }, dockerfile)
  tar.finalize()
  return Readable.from(tar)
}

test('an image that cannot be built is told with the last lines of its build, and is not there', async () => {
  const engine = await openEngine()
  const tag = 'breakwater/selftest-broken:1'
  const broken = contextOf('FROM breakwater/node:24\nRUN echo this step says why; exit 3\n')
  const failure = await buildImage(engine, broken, { tag, dockerfile: 'Dockerfile' }).catch((error: Error) => error)
  expect(failure).toMatchObject({
    code: 'IMAGE_BROKEN',
    message: expect.stringMatching(/^breakwater\/selftest-broken:1 cannot be built: .*returned a non-zero code: 3/),
  })
  expect(String(failure)).toContain('this step says why')
  expect(await hasImage(engine, tag)).toBe(false)
})

test('an image of a user that is nowhere is told with what to look at', async () => {
  await expect(requireImage(await openEngine(), 'registry.invalid/peer:pr-123')).rejects.toMatchObject({
    code: 'IMAGE_MISSING',
    message: expect.stringMatching(
      /^The image registry\.invalid\/peer:pr-123 is not here and cannot be pulled .*check its name, log in to its registry/s,
    ),
  })
})
