import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { openJournal } from '../harness/src/history/journal.ts'
import type { Operation, Outcome } from '../harness/src/history/operation.ts'
import type { GuardRecord, SavedGuard } from '../harness/src/run/runRecord.ts'
import { repositoryRoot } from './breakwater.ts'

const usualPlaces = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].map(
  (name) => `/usr/bin/${name}`,
)

/** A real Chromium without a window. Throws a sentence where there is none: these tests are not for machines without one. */
export async function startChromium(): Promise<Browser> {
  const executablePath = process.env.BREAKWATER_CHROMIUM ?? usualPlaces.find((path) => existsSync(path))
  if (executablePath === undefined) {
    throw new Error(
      `There is no Chromium in ${usualPlaces.join(', ')}. Install one (apt-get install chromium), or name yours: BREAKWATER_CHROMIUM=/path/to/chrome.`,
    )
  }
  // Root, as in a container of CI, has no sandbox of its own.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] })
}

export interface Opened {
  page: Page
  /** Errors and warnings of the console, and exceptions. */
  complaints: string[]
  /** What it asked for besides itself. */
  requests: string[]
}

const screenshots = join(repositoryRoot, '.breakwater', 'screenshots')

/** Opens a page as a person does, by its file, and keeps a picture of it at the end of the test. */
export async function openPage(
  browser: Browser,
  path: string,
  options: { name: string; width?: number; scheme?: 'light' | 'dark' },
): Promise<Opened> {
  const { width = 1_200, scheme = 'light' } = options
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme, hasTouch: width < 640 })
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', (message) => void complaints.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => void complaints.push(error.message))
  page.on('request', (request) => {
    if (request.url() !== `file://${path}` && !request.url().startsWith('data:')) requests.push(request.url())
  })
  await page.goto(`file://${path}`)
  onTestFinished(async () => {
    mkdirSync(screenshots, { recursive: true })
    await page.screenshot({ path: join(screenshots, `${options.name}.png`), fullPage: true })
    await page.close()
  })
  return { page, complaints, requests }
}

export const t0 = 1_780_000_000_000

export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-report-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface SavedFiles {
  guard: SavedGuard
  operations: readonly Operation[]
  /** By path below the folder. */
  files: Readonly<Record<string, string>>
}

/** A guard's folder as a run leaves it. */
export async function saveGuard(folder: string, { guard, operations, files }: SavedFiles): Promise<void> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'guard.json'), JSON.stringify(guard))
  const journal = openJournal(join(folder, 'history.jsonl'), { seed: guard.seed, guard: guard.id })
  for (const operation of operations) journal.record(operation)
  await journal.close()
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
}

export function saveRun(folder: string, guards: readonly GuardRecord[]): void {
  const totals = { passed: 0, failed: 0, inconclusive: 0, notRun: 0 }
  for (const { outcome } of guards) totals[outcome]++
  const run = {
    ...{ version: 1, seed: 71, startedAt: '2026-06-01T08:00:00.000Z', endedAt: '2026-06-01T08:00:09.000Z' },
    ...{ durationMs: 9_000, runtime: 'process', command: ['suite', 'PEER-6'], totals, networkFaults: {}, guards },
    versions: { breakwater: '0.1.0', node: '24.0.0', vitest: '5.1.0', platform: 'linux x64' },
  }
  writeFileSync(join(folder, 'run.json'), JSON.stringify(run))
}

/** Three nodes over ten seconds: one is killed and comes back, one is cut off; 900 operations, of which some fail meanwhile. */
export function ordinaryRun(over: Partial<SavedGuard> = {}): SavedFiles {
  const MiB = 1024 ** 2
  const names = ['n1', 'n2', 'n3']
  const outcomeOf = (id: number): Outcome =>
    id > 300 && id < 500 ? (id % 9 === 0 ? 'fail' : id % 11 === 0 ? 'info' : 'ok') : 'ok'
  const operations = Array.from({ length: 900 }, (_, id): Operation => {
    const outcome = outcomeOf(id)
    return {
      ...{
        id,
        client: `c${id % 4}`,
        node: names[id % 3] as string,
        kind: id % 5 === 0 ? 'read' : 'insert',
        key: `r${id}`,
      },
      startedAtMs: t0 + 500 + id * 10,
      endedAtMs: t0 + 500 + id * 10 + 1 + (id % 17) + (outcome === 'ok' ? 0 : 400),
      outcome,
      ...(outcome === 'ok' ? {} : { error: outcome === 'fail' ? 'refused: no leader' : 'the connection was reset' }),
    }
  })
  const line = (atMs: number, level: number, msg: string) =>
    `${JSON.stringify({ level, time: t0 + atMs, shard: 's1', msg })}\n`
  const samples = (fromMs: number, toMs: number, of: (share: number) => string) =>
    Array.from({ length: 40 }, (_, at) =>
      of(at / 40).replace('AT', String(t0 + fromMs + ((toMs - fromMs) * at) / 40)),
    ).join('\n')
  const life = (node: string, incarnation: number, fromMs: number, toMs: number) => ({
    [`samples/${node}.${incarnation}.memory.jsonl`]: `${samples(fromMs, toMs, (share) => `{"atMs":AT,"rssBytes":${Math.round((60 + 30 * share) * MiB)}}`)}\n`,
    [`samples/${node}.${incarnation}.handles.jsonl`]: `${samples(fromMs, toMs, (share) => `{"atMs":AT,"handleCount":${20 + Math.round(share * 12)}}`)}\n`,
  })
  const guard: SavedGuard = {
    id: 'PEER-6',
    title: 'PEER-6 rows flow one way while the other way is cut',
    seed: 71,
    checks: [
      {
        ...{
          checker: 'losesNothing',
          verdict: 'valid',
          claim: 'every acknowledged row of table rows is held by every node',
        },
        ...{
          found: 'all 850 acknowledged rows were read back on n1, n2 and n3.',
          witness: { operationsAcknowledged: 850, rowsRead: 2_550 },
        },
      },
    ],
    readings: [
      { name: 'carried / missing', value: 1.09, unit: 'ratio', limit: 2 },
      { name: 'peak', value: 96 * MiB, unit: 'bytes' },
    ],
    faults: [
      {
        ...{
          name: 'partition n3 from n1',
          kind: 'partition',
          targets: ['n3', 'n1'],
          openedAtMs: t0 + 3_500,
          healedAtMs: t0 + 5_500,
        },
        counts: { bytesRefused: 4_096, connectionsReset: 2 },
      },
      {
        name: 'kill n2',
        kind: 'kill',
        targets: ['n2'],
        openedAtMs: t0 + 6_000,
        healedAtMs: t0 + 7_200,
        counts: { killed: 1 },
      },
    ],
    marks: [
      { name: 'leader', source: '"shard":"(?<of>\\w+)".*became leader', flags: '' },
      { name: 'leader no more', source: '"shard":"(?<of>\\w+)".*stepped down', flags: '' },
    ],
    nodes: [
      {
        name: 'n1',
        incarnations: [
          {
            incarnation: 1,
            pid: 11,
            startedAtMs: t0,
            log: 'n1.1.log',
            exit: { atMs: t0 + 10_000, code: 0, signal: null, asked: true },
          },
        ],
      },
      {
        name: 'n2',
        incarnations: [
          {
            incarnation: 1,
            pid: 12,
            startedAtMs: t0,
            log: 'n2.1.log',
            exit: { atMs: t0 + 6_000, code: null, signal: 'SIGKILL', asked: false },
          },
          {
            incarnation: 2,
            pid: 14,
            startedAtMs: t0 + 7_200,
            log: 'n2.2.log',
            exit: { atMs: t0 + 10_000, code: 0, signal: null, asked: true },
          },
        ],
      },
      {
        name: 'n3',
        incarnations: [
          {
            incarnation: 1,
            pid: 13,
            startedAtMs: t0,
            log: 'n3.1.log',
            exit: { atMs: t0 + 10_000, code: 0, signal: null, asked: true },
          },
        ],
      },
    ],
    ...over,
  }
  return {
    guard,
    operations,
    files: {
      'n1.1.log':
        line(0, 30, 'ready') +
        line(800, 30, 'became leader') +
        line(3_600, 40, 'n3 does not answer') +
        line(3_900, 30, 'stepped down'),
      'n2.1.log': line(0, 30, 'ready') + line(4_100, 30, 'became leader') + line(5_990, 50, 'the disk is gone'),
      'n2.2.log': line(7_200, 30, 'ready'),
      'n3.1.log': line(0, 30, 'ready') + line(3_700, 40, 'no heartbeat from n1'),
      ...life('n1', 1, 0, 10_000),
      ...life('n2', 1, 0, 6_000),
      ...life('n2', 2, 7_200, 10_000),
      ...life('n3', 1, 0, 10_000),
    },
  }
}
