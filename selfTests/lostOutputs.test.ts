import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import type { SuiteResult } from '../harness/src/cli/suite.ts'
import { breakwater, command, inFolder, repositoryRoot, samples } from './breakwater.ts'

test('JUnit and a page of the job that cannot be written cost a sentence each, and nothing else', async () => {
  await inFolder(async (folder) => {
    writeFileSync(join(folder, 'file'), '')
    const env = { ...samples, GITHUB_STEP_SUMMARY: join(folder, 'none', 'summary.md') }
    const words = ['suite', 'SAMPLE-1', '--exact', '--json', '--junit', join(folder, 'file', 'x.xml')]
    const ended = await breakwater(words, env)
    expect(JSON.parse(ended.stdout) as SuiteResult).toMatchObject({ passed: 1, failed: 0 })
    expect(ended.stderr).toMatch(/JUnit XML could not be written: /)
    expect(ended.stderr).toMatch(/The page of the job could not be written: ENOENT/)
    expect(ended.stderr).not.toContain('    at ')
    expect(ended.exitCode).toBe(0)
  })
})

test('a reader that goes away ends neither the run nor its exit code', async () => {
  const [program, ...rest] = command(['suite', 'SAMPLE-1', '--exact', '--seed', '71'])
  const line = `"$@" 2>"$0" | head -n 1; echo "exit \${PIPESTATUS[0]}"`
  await inFolder(async (folder) => {
    const errors = join(folder, 'errors')
    const { stdout } = await execa('bash', ['-c', line, errors, program, ...rest], {
      cwd: repositoryRoot,
      env: samples,
    })
    expect(stdout).toMatch(/^seed 71.*\nexit 0$/)
    expect(readFileSync(errors, 'utf8')).toBe('')
  })
})

test('a command finds the root of its project from below, and says where there is none', async () => {
  const [program, ...rest] = command(['suite', '--list', 'SAMPLE-1', '--exact'])
  const below = await execa(program, rest, { cwd: join(repositoryRoot, 'harness', 'src'), env: samples })
  expect(below.stdout).toContain('SAMPLE-1 a guard that passes')
  await inFolder(async (folder) => {
    const outside = await execa(program, rest, { cwd: folder, reject: false })
    expect(outside.stderr).toMatch(/^There is no project here: .*\[BAD_USAGE\]$/)
    expect(outside.exitCode).toBe(2)
  })
})

test('git that refuses and an engine elsewhere are one sentence each', async () => {
  const refused = await breakwater(['suite', '--changed-since', 'HEAD', '--list'], {
    GIT_TEST_ASSUME_DIFFERENT_OWNER: '1',
  })
  expect(refused.stderr).toMatch(/^What has changed cannot be told: fatal: .*dubious ownership.*\[BAD_USAGE\]$/)
  expect(refused.exitCode).toBe(2)
  const remote = await breakwater(['suite', 'SAMPLE-1', '--runtime', 'docker'], {
    ...samples,
    DOCKER_HOST: 'ssh://me@host.invalid',
  })
  expect(remote.stderr).toMatch(/^DOCKER_HOST=ssh:.*because ssh: leads to another machine.*\[PLATFORM_LACKS\]$/)
  expect(remote.exitCode).toBe(3)
})

test('a checkout that cannot be written to is one sentence', async () => {
  const [program, ...rest] = command(['suite', 'SAMPLE-1', '--exact'])
  const script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd "$0" && exec "$@"'
  const inside = ['--map-root-user', '--mount', 'sh', '-c', script, repositoryRoot, program, ...rest]
  const { exitCode, stderr } = await execa('unshare', inside, { env: samples, reject: false, stdin: 'ignore' })
  expect(stderr).toMatch(/^\S+runs cannot be written: EROFS.*\[ARTIFACT_UNREADABLE\]$/)
  expect(exitCode).toBe(3)
})

/** In a mount namespace of its own, so that no mount outlives the command. */
async function onDiskOf(size: string, words: readonly string[]) {
  const script =
    'mount -t tmpfs -o size="$1" tmpfs "$0" && cd "$0" && shift && "$@"; code=$?; find . -name "*.new" >&2; exit $code'
  return inFolder((folder) => {
    const inside = ['--map-root-user', '--mount', 'sh', '-c', script, folder, size, ...command(words)]
    const env = { NODE_COMPILE_CACHE: join(repositoryRoot, 'node_modules', '.cache', 'breakwater') }
    return execa('unshare', inside, { env, reject: false, stdin: 'ignore' })
  })
}

const system = ['--system', join(repositoryRoot, 'selfTests', 'samples', 'echo', 'exploration.ts')]

test('a soak whose disk is full keeps its verdicts, names how to go on, and accuses nobody', async () => {
  const words = ['soak', ...system, '--duration', '40s', '--window', '3s', '--seed', '3', '--keep-windows', '9']
  const { exitCode, stdout, stderr } = await onDiskOf('300k', words)
  expect(exitCode, stderr).toBe(3)
  expect(stdout).toMatch(/stopped, because .*ENOSPC/)
  expect(stdout).toMatch(/Go on: npx breakwater soak --resume /)
  expect(stdout).toMatch(/^inconclusive {2}soak of .* [1-9]\d* windows/m)
  expect(`${stdout}${stderr}`).not.toMatch(/found in window|\.new$/m)
})

test('an exploration whose disk is full tells what was judged, and accuses nobody', async () => {
  const words = ['explore', ...system, '--runs', '50', '--seed', '3', '--keep-going']
  const { exitCode, stdout, stderr } = await onDiskOf('60k', words)
  expect(exitCode, stderr).toBe(3)
  expect(stdout).toMatch(/stopped: .*ENOSPC/)
  expect(stdout).toMatch(/^nothing found.* in \d+ runs/m)
  expect(`${stdout}${stderr}`).not.toMatch(/\.new$/m)
})
