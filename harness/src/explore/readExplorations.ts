import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { messageOf } from '../base/errors.ts'
import { readShaped } from '../run/artifact.ts'
import { exploreShape } from './exploreShape.ts'
import type { ReadExploration } from './mergeExplorations.ts'

const fileName = 'explore.json'
/** Artifacts of a job, the shard's folder, its run folder. */
const mostLevels = 4

/** Folders with an explore.json, at the paths or below them. Links are not followed: `latest` is one of the others. */
export function explorationFolders(paths: readonly string[]): string[] {
  return [...new Set(paths.flatMap((path) => below(path, mostLevels)))].toSorted()
}

function below(folder: string, levels: number): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return []
  if (existsSync(join(folder, fileName))) return [folder]
  if (levels === 0) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => below(join(folder, name), levels - 1))
}

/** Reads them; what cannot be read is told, a sentence each. Folders of findings are where they lie now. */
export function readExplorations(folders: readonly string[]): { read: ReadExploration[]; unread: string[] } {
  const unread: string[] = []
  const read = folders.flatMap((folder): ReadExploration[] => {
    try {
      return [{ folder, result: moved(readShaped(join(folder, fileName), exploreShape, 'be put together'), folder) }]
    } catch (error) {
      unread.push(messageOf(error))
      return []
    }
  })
  return { read, unread }
}

function moved(result: ReadExploration['result'], folder: string): ReadExploration['result'] {
  const here = (path: string) => join(folder, basename(path))
  return {
    ...result,
    found: result.found.map((each) => ({
      ...each,
      folder: here(each.folder),
      ...(each.shrunk ? { shrunk: { ...each.shrunk, folder: here(each.shrunk.folder) } } : {}),
    })),
  }
}
