import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { HarnessError } from '../base/errors.ts'
import { type Fault, openFault } from '../base/fault.ts'
import type { Random } from '../base/seed.ts'
import type { Node } from '../cluster/node.ts'
import { PreloadMissing } from '../runtime/preloadMissing.ts'
import type { Life } from '../runtime/runtime.ts'
import { readDiskJournal } from './diskJournal.ts'
import { type Lost, rewind, type Torn } from './rewind.ts'

export interface PowerCutOptions {
  /** What is behind the part of a write that came to the disk in part only: `prefix`, what was there before, unless told. */
  readonly torn?: Torn
}

/** By node, the newest incarnation that a cut has ended. */
const lastCut = new WeakMap<object, number>()

/**
 * SIGKILL, and then the disk as a cut of the power may leave it: what was synced, and of the rest what chance spares, also of what
 * lives before have left unsynced that were only killed. The heal starts the next incarnation. Throws BAD_USAGE for a cluster without
 * `powerCuts`, FAULT_FAILED where not all changes of all lives were journaled; the node is down then.
 */
export async function powerCut<Client>(
  node: Node<Client>,
  random: Random,
  { torn = 'prefix' }: PowerCutOptions = {},
): Promise<Fault> {
  const { diskJournal: folder } = node
  if (folder === undefined) {
    throw new HarnessError(
      'BAD_USAGE',
      `The power of ${node.name} cannot be cut: start its cluster with powerCuts: true.`,
    )
  }
  const unseen = node.control
    .notices()
    .filter((notice) => /disk journal|meet no fault/.test(notice) && !node.harmlessBlindSpots?.test(notice))
  if (unseen.length > 0) {
    throw new HarnessError('FAULT_FAILED', `The power of ${node.name} cannot be cut truthfully: ${unseen.join('; ')}.`)
  }
  const blind = await node.blindServer()
  const wasRunning = node.running
  const exit = await node.kill()
  const killed = wasRunning && exit.signal === 'SIGKILL' ? 1 : 0
  demandJournal(node, folder, { justKilled: killed > 0, servedBlindly: blind !== undefined })
  const lost = loseLeft(folder, random, torn)
  const fault = openFault({
    name: `cut the power of ${node.name}`,
    kind: 'powerCut',
    targets: [node.name],
    counts: () => ({ killed, ...lost }),
    effects: () => killed || (lost?.changesUnsynced ?? 0),
    heal: async () => {
      if (!node.running) await node.start()
    },
  })
  // A start that fails is told to whoever asked for it: the heal, or the test that started the node.
  node.nextLife.then(fault.heal).catch(() => {})
  return fault
}

/**
 * Every life since the last cut must have journaled what it did, of which its preload leaves a witness in the folder. A life that never
 * served may have been killed before it came to load anything: then it has changed nothing.
 */
function demandJournal<Client>(
  node: Node<Client>,
  folder: string,
  { justKilled, servedBlindly }: { justKilled: boolean; servedBlindly: boolean },
): void {
  const { life, lives, name, plan } = node
  const cutBefore = lastCut.get(node) ?? 0
  lastCut.set(node, life.incarnation)
  const isUnseen = ({ incarnation }: Life) => !existsSync(join(folder, `life-${incarnation}`))
  const unseen = lives.find((each) => {
    const { incarnation } = each
    return incarnation > cutBefore && isUnseen(each) && node.served(incarnation)
  })
  const startedUnseen = justKilled && isUnseen(life) && changedSince(plan.dataFolder, life.startedAtMs)
  if (!servedBlindly && !unseen && !startedUnseen) return
  const which = (unseen ?? life).incarnation
  const found = `${name} left no disk journal in its life ${which}: it has not loaded the preload, or not in the process that serves`
  throw new PreloadMissing(found, 'what it had not synced is not known')
}

/** Whether anything in a folder is younger. The kernel stamps changes by a clock of some 4 ms; a program takes longer to start. */
function changedSince(folder: string, sinceMs: number): boolean {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).some((name) => {
    const ctimeMs = lstatSync(join(folder, name), { throwIfNoEntry: false })?.ctimeMs ?? 0
    return ctimeMs >= sinceMs
  })
}

/** From the next start on, what is there is what the disk holds. */
function loseLeft(folder: string, random: Random, torn: Torn): Lost | undefined {
  const journal = readDiskJournal(folder)
  const lost = journal && rewind(journal, random, torn)
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true })
  return lost
}
