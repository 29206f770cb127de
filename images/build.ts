/** Builds the images of this tree: `npm run images`. An image whose files have not changed is not built again. */
import { createReadStream, lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type Dockerode from 'dockerode'
import { type Pack, pack } from 'tar-stream'
import { HarnessError } from '../harness/src/base/errors.ts'
import { formatMs } from '../harness/src/base/units.ts'
import { openEngine } from '../harness/src/runtime/container/engine.ts'
import { buildImage, hasImage } from '../harness/src/runtime/container/image.ts'
import { baseImage } from './baseImage.ts'
import { type ContextFiles, root } from './contextFiles.ts'
import { firewallImage, nodeImage } from './localImage.ts'
import { contextOf, imageOf, specimens } from './specimens.ts'

const nodeVersion = process.versions.node
/** What tests of the container runtime itself run in. */
const plainNode = { repo: 'breakwater/node', tag: '24' }
const firewallTag = 'breakwater/firewall:1'

const engine = await openEngine().catch((error: unknown) => {
  if (!(error instanceof HarnessError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})
const base = await baseImage(engine, process.env.BREAKWATER_BASE_IMAGE ?? 'node:24-slim', {
  tag: `breakwater/node:${nodeVersion}-local`,
  image: nodeImage,
})
await engine.getImage(base).tag(plainNode)
say(base, 'is the base')
for (const { name } of specimens) await buildSpecimen(engine, name)
await buildFirewall(engine)

async function buildSpecimen(engine: Dockerode, name: string): Promise<void> {
  const tag = imageOf(name)
  const context = contextOf(name)
  if (!tag.startsWith(`breakwater/${name}:`))
    return say(tag, `is used for ${name}, by BREAKWATER_${name.toUpperCase()}_IMAGE`)
  if (await hasImage(engine, tag)) return say(tag, 'is unchanged')
  const startedAt = performance.now()
  await buildImage(engine, tarOfContext(context), { tag, dockerfile: 'Dockerfile', buildArgs: { BASE_IMAGE: base } })
  say(tag, `was built in ${formatMs(performance.now() - startedAt)}`)
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

function tarOfContext(context: ContextFiles): Readable {
  const tar = pack()
  for (const [name, content] of context.files) tar.entry({ name, mode: 0o644 }, content)
  void addPackages(tar, [...context.packages.keys()]).then(
    () => tar.finalize(),
    (error: Error) => tar.destroy(error),
  )
  return Readable.from(tar)
}

async function addPackages(tar: Pack, names: readonly string[]): Promise<void> {
  for (const name of names) await addFolder(tar, join('node_modules', name))
}

async function addFolder(tar: Pack, folder: string): Promise<void> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name)
    const name = join('app', path)
    if (entry.isDirectory()) await addFolder(tar, path)
    else if (entry.isSymbolicLink()) {
      tar.entry({ name, type: 'symlink', linkname: readlinkSync(join(root, path)) })
    } else await addFile(tar, path, name)
  }
}

/** One file after the other is in memory, not all of them. */
async function addFile(tar: Pack, path: string, name: string): Promise<void> {
  const { size, mode } = lstatSync(join(root, path))
  await new Promise<void>((resolve, reject) => {
    const entry = tar.entry({ name, size, mode }, (error) => (error ? reject(error) : resolve()))
    createReadStream(join(root, path)).once('error', reject).pipe(entry)
  })
}

function say(image: string, what: string): void {
  process.stdout.write(`${image} ${what}\n`)
}
