import { openProcessRuntime } from './process.ts'
import type { Runtime } from './runtime.ts'

/** The runtime by its name. Loading that of containers costs 300 ms and 50 MB, which runs on processes do not pay. */
export async function openRuntime(name: string): Promise<Runtime> {
  if (name !== 'docker') return openProcessRuntime()
  const { openContainerRuntime } = await import('./container.ts')
  return openContainerRuntime()
}
