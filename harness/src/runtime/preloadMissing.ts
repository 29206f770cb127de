import { HarnessError } from '../base/errors.ts'

/** Nothing inside the node can be broken or seen: no preload has said that it is there. A FAULT_FAILED of its own kind. */
export class PreloadMissing extends HarnessError {
  constructor(found: string, purpose: string, options?: { cause?: unknown }) {
    super('FAULT_FAILED', `${found}, so ${purpose}. ${whatToDo}`, options)
    this.name = 'PreloadMissing'
  }
}

export const whatToDo =
  'Name fixtures/faults/preload.ts in the preloads of its system and let its command keep NODE_OPTIONS; ' +
  'a program that is no Node.js takes faults from outside only: kill, pause, partition, slow, firewall, readOnlyDisk.'
