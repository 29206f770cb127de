import type Dockerode from 'dockerode'
import { HarnessError, messageOf } from '../../base/errors.ts'

/** Images that were found once are not asked for again by this process. */
const found = new Set<string>()

/** Sees that the image is here, pulling it if need be. Throws IMAGE_MISSING. */
export async function requireImage(engine: Dockerode, image: string): Promise<void> {
  if (found.has(image)) return
  if (!(await hasImage(engine, image))) await pull(engine, image)
  found.add(image)
}

export async function hasImage(engine: Dockerode, image: string): Promise<boolean> {
  try {
    await engine.getImage(image).inspect()
    return true
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false
    throw error
  }
}

async function pull(engine: Dockerode, image: string): Promise<void> {
  try {
    const progress = await engine.pull(image)
    await drain(engine, progress)
  } catch (cause) {
    const remedy = image.startsWith('breakwater/')
      ? 'build the images of this tree with: npm run images'
      : 'check its name, log in to its registry, or load it with docker load'
    throw new HarnessError(
      'IMAGE_MISSING',
      `The image ${image} is not here and cannot be pulled (${messageOf(cause)}); ${remedy}.`,
      { cause },
    )
  }
}

/** Builds from a tar of the context. Returns the engine's output. Throws IMAGE_BROKEN with the last lines of it. */
export async function buildImage(
  engine: Dockerode,
  context: NodeJS.ReadableStream,
  options: { tag: string; dockerfile: string; buildArgs?: Record<string, string>; labels?: Record<string, string> },
): Promise<string> {
  const progress = await engine.buildImage(context, {
    t: options.tag,
    dockerfile: options.dockerfile,
    buildargs: options.buildArgs ?? {},
    labels: options.labels ?? {},
    rm: true,
    forcerm: true,
  })
  const said: string[] = []
  try {
    await drain(engine, progress, (text) => said.push(text))
  } catch (cause) {
    const tail = said.join('').trim().split('\n').slice(-8).join('\n')
    throw new HarnessError('IMAGE_BROKEN', `${options.tag} cannot be built: ${messageOf(cause)}\n${tail}`, { cause })
  }
  return said.join('')
}

/** A failed step is told inside a stream that ends well: without reading it, a stale image would pass for a new one. */
function drain(
  engine: Dockerode,
  progress: NodeJS.ReadableStream,
  onText: (text: string) => void = () => {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: string | undefined
    engine.modem.followProgress(
      progress,
      (error) => {
        if (error) reject(error)
        else if (failure !== undefined) reject(new Error(failure))
        else resolve()
      },
      (event: { stream?: string; error?: string; errorDetail?: { message?: string } }) => {
        if (event.stream) onText(event.stream)
        failure ??= event.errorDetail?.message ?? event.error
      },
    )
  })
}
