/**
 * Guarantee  Whoever brings an image that does not work, or may not use the engine, is told in a sentence what is wrong and what to do.
 * Method     Bring such images, and such a user; read the sentence.
 * Fault bit  Each sentence names the very cause.
 * Known bad  None: the harness is under test here.
 */
import { chmodSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { execa } from 'execa'
import { pack } from 'tar-stream'
import { afterEach, expect, vi } from 'vitest'
import { peer } from '../fixtures/systems/peer/system.ts'
import type { GuardRun } from '../harness/src/run/guardRun.ts'
import { openEngine } from '../harness/src/runtime/container/engine.ts'
import { buildImage } from '../harness/src/runtime/container/image.ts'
import { command, inFolder } from './breakwater.ts'

const nobody = '65534'
const tag = `breakwater/selftest-foreign:${process.pid}`

afterEach(() => {
  vi.unstubAllEnvs()
})

/** What a user is told whose image is made by this Dockerfile. */
async function toldAbout(run: GuardRun, dockerfile: string): Promise<string> {
  const engine = await openEngine()
  const context = pack()
  context.entry({ name: 'Dockerfile' }, dockerfile)
  context.finalize()
  await buildImage(engine, Readable.from(context), { tag, dockerfile: 'Dockerfile' })
  try {
    vi.stubEnv('BREAKWATER_PEER_IMAGE', tag)
    return String(
      await run.startCluster({ system: peer, nodes: 1, startBudgetMs: 3_000 }).catch((error: Error) => error),
    )
  } finally {
    for (const node of run.nodes) {
      node.mayExit()
      if (node.running) await node.kill()
    }
    await engine.getImage(tag).remove({ force: true })
  }
}

test('an image whose program ends at once is told with its last line and what it must do', async ({ run }) => {
  const told = await toldAbout(run, 'FROM breakwater/firewall:2\nCMD ["sh", "-c", "echo no peer in here; exit 9"]\n')
  expect(told).toMatch(/n1 ended with exit code 9 before it was ready.*Its last line: no peer in here\./)
  expect(told).toContain(`The image ${tag} of peer must `)
})

test('an image without a program is told with what it must do', async ({ run }) => {
  const told = await toldAbout(run, 'FROM breakwater/firewall:2\nENV NOTHING=here\n')
  expect(told).toMatch(/The container of n1 .* did not start: .*[Nn]o command specified/)
  expect(told).toContain(`The image ${tag} of peer must `)
})

test('an image that serves nothing is told with how long it was waited for', async ({ run }) => {
  const told = await toldAbout(run, 'FROM breakwater/firewall:2\nCMD ["sleep", "600"]\n')
  expect(told).toContain('n1 to be ready')
  expect(told).toContain(`The image ${tag} of peer must `)
})

test('who may not open the socket of the engine is told how to be allowed to', async () => {
  await inFolder(async (folder) => {
    chmodSync(folder, 0o755)
    const path = join(folder, 'docker.sock')
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(path, resolve))
    chmodSync(path, 0)
    try {
      // Root may open every socket.
      const asOther =
        process.getuid?.() === 0 ? ['setpriv', '--reuid', nobody, '--regid', nobody, '--clear-groups'] : []
      const [program = '', ...words] = [...asOther, ...command(['clean'])]
      const { stdout } = await execa(program, words, { cwd: folder, env: { DOCKER_HOST: `unix://${path}` } })
      expect(stdout).toContain(
        `This user may not open DOCKER_HOST=unix://${path}; add it to the group docker (sudo usermod -aG docker $USER, then log in again) or use a rootless engine. [DOCKER_DENIED]`,
      )
    } finally {
      server.close()
    }
  })
})
