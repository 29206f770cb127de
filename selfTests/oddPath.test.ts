import { cp, mkdir, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { inFolder, repositoryRoot } from './breakwater.ts'

/** A checkout as a user has it, in a folder of any name. The packages are shared; the workspaces are its own. */
async function checkout(folder: string): Promise<void> {
  const words = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const { stdout } = await execa('git', words, { cwd: repositoryRoot })
  for (const file of new Set(stdout.split('\0').filter(Boolean))) {
    await cp(join(repositoryRoot, file), join(folder, file)).catch((error: NodeJS.ErrnoException) => {
      // Removed in this tree and not yet committed.
      if (error.code !== 'ENOENT') throw error
    })
  }
  await linkPackages(join(repositoryRoot, 'node_modules'), join(folder, 'node_modules'))
  await linkPackages(join(repositoryRoot, 'fixtures', 'node_modules'), join(folder, 'fixtures', 'node_modules'))
}

async function linkPackages(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const name of await readdir(from)) {
    if (name === '@breakwater') await cp(join(from, name), join(to, name), { recursive: true, verbatimSymlinks: true })
    else if (name !== '.cache' && !name.startsWith('.vite')) await symlink(join(from, name), join(to, name))
  }
}

function suiteIn(folder: string, words: readonly string[]) {
  const bin = join(folder, 'harness', 'bin', 'breakwater.js')
  return execa(process.execPath, [bin, 'suite', ...words], { cwd: folder, reject: false, stdin: 'ignore' })
}

test('guards run in a folder whose name holds blanks, %, quotes and letters beyond ASCII', async () => {
  await inFolder(async (folder) => {
    const odd = join(folder, `two words ünï 100%25 it's "so"`)
    await checkout(odd)
    // One plain, one with a fault inside a node, one with the disk journal, one with the object store.
    const guards = ['PEER-6', 'PEER-2', 'PEER-8c', 'VEC-8']
    const ended = await suiteIn(odd, [...guards, '--exact', '--json'])
    const { guards: rows } = JSON.parse(ended.stdout || '{}') as { guards?: { id: string; outcome: string }[] }
    expect(rows?.map(({ id, outcome }) => `${id} ${outcome}`).sort(), ended.stderr.slice(-2000)).toEqual(
      guards.map((id) => `${id} passed`).sort(),
    )
  })
}, 240_000)

test('a folder that Vite cannot read is named, with what to do', async () => {
  await inFolder(async (folder) => {
    const odd = join(folder, 'ticket #1')
    await checkout(odd)
    const { exitCode, stderr } = await suiteIn(odd, ['PEER-6'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('ticket #1: Vite reads no file below a folder with "#" in its name. Rename the folder')
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })
})
