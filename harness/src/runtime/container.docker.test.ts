import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { awaitReading } from '../base/awaitReading.ts'
import { MiB } from '../base/units.ts'
import { budgetMs, ContainerBed, image, logged, serves, stays } from './testing/containerBed.ts'

const run = promisify(execFile)
const bed = new ContainerBed()

test('both outputs of a node go to its log, whole, even when it ends at once', async () => {
  const life = await bed.launch(
    'for (let at = 0; at < 2000; at++) console.log("line", at); console.error("err"); process.exitCode = 7',
  )
  const exit = await life.exited
  expect(exit).toMatchObject({ code: 7, signal: null, asked: false })
  const text = readFileSync(life.logPath, 'utf8')
  expect(text).toContain('line 1999\n')
  expect(text).toContain('err\n')
  expect(text.split('\n').filter((line) => line.startsWith('line '))).toHaveLength(2000)
})

test('a killed node leaves nothing, and its next life has its address, its name and its data', async () => {
  const script = `
    const fs = require('node:fs'), os = require('node:os')
    const path = ${JSON.stringify(join(bed.folder, 'lives'))}
    fs.appendFileSync(path, 'x')
    console.log('life', fs.readFileSync(path, 'utf8').length, os.hostname(), os.networkInterfaces().eth0[0].address)
    setInterval(() => {}, 1000)
  `
  const host = bed.placeOf(1).bind.host
  const first = await bed.launch(script)
  expect(await logged(first, /^life/)).toBe(`life 1 n1 ${host}`)
  expect(await first.kill()).toMatchObject({ signal: 'SIGKILL', code: null, asked: true })
  expect(await bed.runtime.leftovers()).toEqual([])
  const second = await bed.launch(script, { incarnation: 2 })
  expect(await logged(second, /^life/)).toBe(`life 2 n1 ${host}`)
})

test('a node that is asked to stop ends by itself, and one that does not hear is killed', async () => {
  const polite = await bed.launch(`process.on('SIGTERM', () => process.exit(3)); ${stays}`)
  const deaf = await bed.launch(`process.on('SIGTERM', () => {}); ${stays}`, { node: 2 })
  await Promise.all([logged(polite, 'up'), logged(deaf, 'up')])
  expect(await polite.stop()).toMatchObject({ code: 3, asked: true, forced: false })
  expect(await deaf.stop(200)).toMatchObject({ signal: 'SIGKILL', asked: true, forced: true })
})

test('a paused node stands still until it is resumed', async () => {
  const life = await bed.launch(serves)
  await bed.comesUp(1)
  await life.pause()
  expect(await bed.answers(1)).toBe(false)
  await life.resume()
  await bed.comesUp(1)
})

test('a paused node can be killed while somebody resumes it', async () => {
  for (let turn = 0; turn < 3; turn++) {
    const life = await bed.launch(stays)
    await life.pause()
    const killed = life.kill()
    await life.resume()
    expect(await killed).toMatchObject({ signal: 'SIGKILL', asked: true })
  }
})

test("memory is the node's own, read from its first moment on", async () => {
  const life = await bed.launch(`const held = Buffer.alloc(${200 * MiB}, 1); ${stays}; globalThis.held = held`)
  await logged(life, 'up')
  expect(life.memory.peakBytes()).toBeGreaterThan(200 * MiB)
  expect(life.memory.peakBytes()).toBeLessThan(400 * MiB)
  expect(life.reading()?.threadCount).toBeGreaterThan(5)
})

test('a node that outgrows its memory limit is told to have been killed for it', async () => {
  const grow = `const held = []; setInterval(() => held.push(Buffer.alloc(${8 * MiB}, 1)), 5)`
  const life = await bed.launch(grow, { container: { memoryLimitBytes: 128 * MiB } })
  expect(await life.exited).toMatchObject({ signal: 'SIGKILL', asked: false, oomKilled: true })
})

test('memory of processes that a node starts counts for its peak', async () => {
  const child = `const held = Buffer.alloc(${200 * MiB}, 1); console.log('child up'); setInterval(() => held, 1000)`
  const life = await bed.launch(
    `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' }); ${stays}`,
  )
  await logged(life, 'child up')
  expect(life.reading()?.rssBytes).toBeLessThan(150 * MiB)
  expect(life.memory.peakBytes()).toBeGreaterThan(200 * MiB)
})

test('a RAM disk is full when it is full', async () => {
  const script = `
    try { require('node:fs').writeFileSync('/small/file', Buffer.alloc(${4 * MiB})) } catch (error) { console.log(error.code) }
  `
  const life = await bed.launch(script, { container: { ramDisks: { '/small': MiB } } })
  expect(await logged(life, /^E/)).toBe('ENOSPC')
})

test('an image that is nowhere is named, and so is what makes it', async () => {
  await expect(bed.launch(stays, { container: { image: 'breakwater/none:0' } })).rejects.toMatchObject({
    code: 'IMAGE_MISSING',
    message: expect.stringContaining('npm run images'),
  })
})

test('a command that the image lacks is named in the log of the life that it ended', async () => {
  const life = await bed.runtime.launch({
    node: 'n1',
    incarnation: 1,
    host: bed.placeOf(1).bind.host,
    command: ['no-such-program'],
    env: {},
    cwd: bed.folder,
    container: { image, shared: [] },
    logPath: join(bed.folder, 'n1.log'),
  })
  expect(await life.exited).toMatchObject({ code: 127, asked: false })
  expect(readFileSync(life.logPath, 'utf8')).toContain('no-such-program')
})

test('a container name that somebody else took is told, and the other container is left alone', async () => {
  const name = `breakwater-${bed.placeOf(1).bind.host.split('.').slice(0, 3).join('.')}-n1`
  const { stdout } = await run('docker', ['create', '--name', name, image, 'node'])
  try {
    await expect(bed.launch(stays)).rejects.toMatchObject({
      code: 'NAME_TAKEN',
      message: expect.stringContaining(name),
    })
  } finally {
    await run('docker', ['rm', stdout.trim()])
  }
})

/** Tells, whenever it changes, what becomes of a write to an open file, of a new file, of a rename and of a read. */
const writes = (path: string) => `
  const fs = require('node:fs')
  const outcome = (call) => { try { call(); return 'ok' } catch (error) { return error.code } }
  let open, told
  const held = []
  setInterval(() => {
    const now = [
      outcome(() => { open ??= fs.openSync('${path}/open', 'a'); fs.writeSync(open, 'x'); fs.fdatasyncSync(open) }),
      outcome(() => fs.writeFileSync('${path}/new', 'x')),
      outcome(() => fs.renameSync('${path}/new', '${path}/renamed')),
      outcome(() => { if (held.length < 100) held.push(fs.openSync('${path}/open', 'r')) }),
    ].join(' ')
    if (now !== told) console.log(told = now)
  }, 5)
`

test.each([
  ['shared with this machine', {}, 'ok'],
  // Its name is one that a shell would run.
  ['that is a RAM disk, empty in the next life,', { '/small "$(id)" `id`; exit 7': MiB }, 'ENOENT'],
] as const)(
  'a folder %s that becomes read-only refuses what is new until the heal, and lets open files be written',
  async (_what, ramDisks: Readonly<Record<string, number>>, reread) => {
    const [path = bed.folder] = Object.keys(ramDisks)
    const host = bed.placeOf(1).bind.host
    const first = await bed.launch(writes(path), { container: { ramDisks } })
    await logged(first, 'ok ok ok ok')
    const disk = bed.runtime.kernelDisk
    if (!disk) throw new Error('the runtime has no kernel disk')
    const brief = await disk.makeReadOnly(host, path)
    await logged(first, 'ok EROFS EROFS ok')
    await brief.lift()
    await awaitReading({
      what: 'the folder to be writable again',
      budget: budgetMs,
      probe: () => readFileSync(first.logPath, 'utf8'),
      until: (text) => text.endsWith('\nok ok ok ok\n'),
    })
    expect(brief.counts()).toEqual({ opensRefused: 2 })

    const lasting = await disk.makeReadOnly(host, path)
    await first.kill()
    const second = await bed.launch(writes(path), { incarnation: 2, container: { ramDisks } })
    await logged(second, `EROFS EROFS EROFS ${reread}`)
    await lasting.lift()
    await logged(second, 'ok ok ok ok')
    expect(lasting.counts()).toEqual({ opensRefused: 2 })
  },
)

test('when the runner is killed, nothing of it is left in the engine', async () => {
  const script = `
    const { openContainerRuntime } = await import(${JSON.stringify(new URL('./container.ts', import.meta.url).href)})
    const runtime = await openContainerRuntime()
    const site = await runtime.openSite(1)
    await runtime.launch({
      node: 'n1', incarnation: 1, host: site.places[0].bind.host, command: ['sleep', '60'], env: {}, cwd: '/',
      container: { image: '${image}', shared: [] }, logPath: ${JSON.stringify(join(bed.folder, 'orphan.log'))},
    })
    const { watchdog } = await import(${JSON.stringify(new URL('./watchdog.ts', import.meta.url).href)})
    console.log(watchdog.tag)
    process.stdin.resume()
  `
  const runner = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [tag] = (await once(createInterface(runner.stdout), 'line')) as [string]
  const left = async () => {
    const label = ['--filter', `label=breakwater.run=${tag}`]
    const [containers, networks] = await Promise.all([
      run('docker', ['ps', '-aq', ...label]),
      run('docker', ['network', 'ls', '-q', ...label]),
    ])
    return [containers.stdout.trim(), networks.stdout.trim()].filter((text) => text !== '').length
  }
  expect(await left()).toBe(2)
  runner.kill('SIGKILL')
  await awaitReading({
    what: 'the orphans to be removed',
    budget: budgetMs,
    probe: left,
    until: (count) => count === 0,
  })
})
