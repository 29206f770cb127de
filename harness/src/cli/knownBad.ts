import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HarnessError, messageOf } from '../base/errors.ts'

/** A guard that must reject a build, and words that its failure message must contain. */
export interface Kill {
  guard: string
  assertion: string
  /** Set where only one runtime can show it: docker. */
  runtime?: string
}

export interface KnownBadBuild {
  id: string
  what: string
  origin: string
  kills: Kill[]
}

/** Reads every `<folder>/<id>/defect.json`. */
export function readKnownBadBuilds(folder: string): KnownBadBuild[] {
  if (!existsSync(folder)) {
    throw new HarnessError('BAD_USAGE', `There are no known-bad builds here: ${folder} does not exist.`)
  }
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'defect.json')))
    .sort()
    .map((name) => readOne(join(folder, name, 'defect.json'), name))
}

function readOne(path: string, id: string): KnownBadBuild {
  try {
    const { what, origin, kills } = JSON.parse(readFileSync(path, 'utf8')) as Partial<KnownBadBuild>
    if (!what || !origin || !Array.isArray(kills) || kills.length === 0) {
      throw new Error('it needs "what", "origin" and at least one of "kills"')
    }
    for (const kill of kills) {
      if (!kill.guard || !kill.assertion) throw new Error('each of "kills" needs "guard" and "assertion"')
    }
    return { id, what, origin, kills }
  } catch (cause) {
    throw new HarnessError('ARTIFACT_UNREADABLE', `${path} cannot be used: ${messageOf(cause)}.`, { cause })
  }
}
