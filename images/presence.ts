import { openEngine } from '../harness/src/runtime/container/engine.ts'
import { hasImage } from '../harness/src/runtime/container/image.ts'

/** Whether the engine of this machine has the image. Throws DOCKER_MISSING, DOCKER_DENIED, DOCKER_SILENT. */
export async function isImageHere(image: string): Promise<boolean> {
  return hasImage(await openEngine(), image)
}
