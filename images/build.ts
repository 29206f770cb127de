/**
 * Builds the images of this tree: `npm run images`. An image whose files have not changed is not built again. `npm run images -- minio`
 * also makes MinIO's program, which takes five minutes and Go; `-- explorer` the image that explores on other machines.
 */
import { spawnSync } from 'node:child_process'
import { createReadStream, existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type Dockerode from 'dockerode'
import { type Pack, pack } from 'tar-stream'
import { HarnessError } from '../harness/src/base/errors.ts'
import { outliveReaders } from '../harness/src/base/output.ts'
import { formatMs } from '../harness/src/base/units.ts'
import { openEngine } from '../harness/src/runtime/container/engine.ts'
import { buildImage, hasImage } from '../harness/src/runtime/container/image.ts'
import { baseImage } from './baseImage.ts'
import { type ContextFiles, root } from './contextFiles.ts'
import { firewallImage, nodeImage } from './localImage.ts'
import { contextOf, imageOf, imageVariable, type Specimen, specimens } from './specimens.ts'

const nodeVersion = process.versions.node
/** What tests of the container runtime itself run in. */
const plainNode = { repo: 'breakwater/node', tag: '24' }
const firewallTag = 'breakwater/firewall:2'

outliveReaders()
try {
  await buildAll()
} catch (error) {
  if (!(error instanceof HarnessError)) throw error
  process.stderr.write(`${error.message}\n`)
  // What is wrong is with this machine, as where a command of Breakwater ends with 3.
  process.exitCode = 3
}

async function buildAll(): Promise<void> {
  const engine = await openEngine()
  const base = await baseImage(engine, process.env.BREAKWATER_BASE_IMAGE ?? 'node:24-slim', {
    tag: `breakwater/node:${nodeVersion}-local`,
    image: nodeImage,
  })
  await engine.getImage(base).tag(plainNode)
  say(base, 'is the base')
  for (const specimen of specimens) await buildSpecimen(engine, base, specimen)
  await buildFirewall(engine)
}

async function buildSpecimen(engine: Dockerode, base: string, specimen: Specimen): Promise<void> {
  const { name } = specimen
  const tag = imageOf(name)
  const variable = imageVariable(specimen)
  if (process.env[variable]?.trim()) return say(tag, `is used for ${name}, by ${variable}`)
  if (await hasImage(engine, tag)) return say(tag, 'is unchanged')
  if (specimen.onlyIfAsked && !process.argv.includes(name)) {
    return say(tag, `is left out: nothing here runs it; npm run images -- ${name} builds it`)
  }
  if (!hasProgram(specimen)) {
    return say(tag, `is left out: it needs Go and five minutes once, with npm run images -- ${name}`)
  }
  const startedAt = performance.now()
  const tar = tarOfContext(contextOf(specimen), specimen.program)
  await buildImage(engine, tar, { tag, dockerfile: 'Dockerfile', buildArgs: { BASE_IMAGE: base } })
  say(tag, `was built in ${formatMs(performance.now() - startedAt)}`)
}

/** Makes the program where it was asked for by name. */
function hasProgram({ name, program }: Specimen): boolean {
  if (!program || existsSync(program.path)) return true
  if (!process.argv.includes(name)) return false
  const build = join(root, program.build)
  const { status } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', build], { stdio: 'inherit' })
  if (status !== 0) process.exit(1) // it said why
  return true
}

async function buildFirewall(engine: Dockerode): Promise<void> {
  if (await hasImage(engine, firewallTag)) return say(firewallTag, 'is unchanged')
  const source = await baseImage(engine, 'debian:12-slim', { tag: firewallTag, image: firewallImage })
  if (source !== firewallTag) {
    const tar = pack()
    tar.entry({ name: 'Dockerfile' }, await readFile(join(root, 'images', 'firewall.Dockerfile')))
    tar.finalize()
    await buildImage(engine, Readable.from(tar), {
      tag: firewallTag,
      dockerfile: 'Dockerfile',
      buildArgs: { BASE_IMAGE: source },
    })
  }
  say(firewallTag, 'was made')
}

function tarOfContext(context: ContextFiles, program: Specimen['program']): Readable {
  const tar = pack()
  for (const [name, content] of context.files) tar.entry({ name, mode: 0o644 }, content)
  void addLarge(tar, [...context.packages.keys()], program).then(
    () => tar.finalize(),
    (error: Error) => tar.destroy(error),
  )
  return Readable.from(tar)
}

async function addLarge(tar: Pack, packages: readonly string[], program: Specimen['program']): Promise<void> {
  for (const name of packages) await addFolder(tar, join('node_modules', name))
  if (program) await addFile(tar, program.path, program.name)
}

async function addFolder(tar: Pack, folder: string): Promise<void> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name)
    const name = join('app', path)
    if (entry.isDirectory()) await addFolder(tar, path)
    else if (entry.isSymbolicLink()) {
      tar.entry({ name, type: 'symlink', linkname: readlinkSync(join(root, path)) })
    } else await addFile(tar, join(root, path), name)
  }
}

/** One file after the other is in memory, not all of them. */
async function addFile(tar: Pack, path: string, name: string): Promise<void> {
  const { size, mode } = lstatSync(path)
  await new Promise<void>((resolve, reject) => {
    const entry = tar.entry({ name, size, mode }, (error) => (error ? reject(error) : resolve()))
    createReadStream(path).once('error', reject).pipe(entry)
  })
}

function say(image: string, what: string): void {
  process.stdout.write(`${image} ${what}\n`)
}
