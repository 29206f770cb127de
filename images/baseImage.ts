import type Dockerode from 'dockerode'
import { hasImage, requireImage } from '../harness/src/runtime/container/image.ts'
import { type LocalImage, tarOf } from './localImage.ts'

/** A registry that is there answers the first request well within this time. */
const registryBudgetMs = 10_000

/** The first of the images that is here or can be pulled; else one made here, from programs of this machine. */
export async function baseImage(
  engine: Dockerode,
  wanted: string,
  local: { tag: string; image: () => LocalImage },
): Promise<string> {
  if (await hasImage(engine, wanted)) return wanted
  if (await hasImage(engine, local.tag)) return local.tag
  if (await isPullable(engine, wanted)) return wanted
  const progress = await engine.importImage(tarOf(local.image()), { repo: local.tag })
  await new Promise<void>((resolve, reject) => {
    engine.modem.followProgress(progress, (error, events) => {
      const failure = error ?? (events as { error?: string }[]).find((event) => event.error)?.error
      if (failure) reject(failure instanceof Error ? failure : new Error(failure))
      else resolve()
    })
  })
  return local.tag
}

async function isPullable(engine: Dockerode, image: string): Promise<boolean> {
  const gaveUp = AbortSignal.timeout(registryBudgetMs)
  const spent = new Promise<false>((resolve) => gaveUp.addEventListener('abort', () => resolve(false)))
  // Where a registry answers slowly but well, the pull goes on meanwhile and the next build finds the image.
  return Promise.race([
    requireImage(engine, image).then(
      () => true,
      () => false,
    ),
    spent,
  ])
}
