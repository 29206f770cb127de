/**
 * The report as a person meets it: opened by its file in a real Chromium, looked at, pointed at, typed at. What is drawn is judged by
 * where it lies and whether it is there at all, not by comparing pictures: letters and their edges differ between machines and
 * versions, and a picture that has to be renewed with each of them is soon renewed without a look. Pictures are kept to be looked at.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeReport } from '../harness/src/run/report/writeReport.ts'
import { openPage, ordinaryRun, saveGuard, saveRun, startChromium, tempFolder } from './reportBed.ts'

let browser: Browser
beforeAll(async () => {
  browser = await startChromium()
})
afterAll(() => browser?.close())

/** How many different colours a canvas shows: a blank one shows one, or none. */
const coloursOf = (page: Page, selector: string) =>
  page.$$eval(`${selector} canvas`, (canvases) =>
    (canvases as unknown as HTMLCanvas[]).map((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      const colours = new Set<number>()
      for (let at = 0; at < data.length; at += 4) colours.add((data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!)
      return colours.size
    }),
  )

interface HTMLCanvas {
  width: number
  height: number
  getContext(kind: '2d'): { getImageData(x: number, y: number, w: number, h: number): { data: Uint8ClampedArray } }
}

const overflowPx = (page: Page) => page.evaluate('document.documentElement.scrollWidth - innerWidth')

async function saved(
  change: Parameters<typeof ordinaryRun>[0] = {},
  more: Partial<ReturnType<typeof ordinaryRun>> = {},
) {
  const folder = tempFolder()
  await saveGuard(folder, { ...ordinaryRun(change), ...more })
  return writeReport(folder)
}

test('a green guard: verdicts, lanes, points, figures, faults and log lines are there, and nothing is asked of a network', async () => {
  const { page, complaints, requests } = await openPage(browser, await saved(), { name: 'green' })
  expect(await page.textContent('h1')).toContain('PEER-6 rows flow one way')
  expect(await page.textContent('h1 .badge')).toBe('✓ passed')
  expect(await page.locator('.verdicts tbody tr').count()).toBe(1)
  expect(await page.locator('.lane').count()).toBe(3)
  expect(await page.locator('.fault').count()).toBe(2)
  for (const chart of ['#lanes', '#latency', '#throughput', '#quantiles']) {
    const colours = await coloursOf(page, chart)
    expect(colours.length, chart).toBeGreaterThan(0)
    for (const count of colours) expect(count, chart).toBeGreaterThan(20)
  }
  expect(await page.locator('.figures tbody tr').count()).toBe(3)
  expect(await page.textContent('.figures tbody tr:last-child')).toContain('900')
  expect(await page.textContent('#latency >> xpath=..')).toContain('all 900 drawn')
  expect(await page.locator('.mark').count()).toBe(6)
  expect(complaints).toEqual([])
  expect(requests).toEqual([])
  expect(await overflowPx(page)).toBe(0)
})

test('a failed guard in its run tells outcome, message and command, and both pages lead to one another', async () => {
  const folder = tempFolder()
  const { guard } = ordinaryRun()
  await saveGuard(join(folder, 'PEER-6'), {
    ...ordinaryRun({
      checks: [
        {
          ...guard.checks[0]!,
          verdict: 'invalid',
          found: '12 of 850 rows are missing on n2: r7, r8, r9 and 9 more.',
          trace: ['r7 was acknowledged by n1', 'r7 is not on n2'],
        },
      ],
    }),
  })
  saveRun(folder, [
    {
      id: 'PEER-6',
      title: guard.title,
      file: 'x.test.ts',
      outcome: 'failed',
      durationMs: 9_000,
      message: 'n2 lacks 12 rows',
      folder: 'PEER-6',
    },
    {
      id: 'PEER-7',
      title: 'PEER-7 not to be had here',
      file: 'y.test.ts',
      outcome: 'notRun',
      durationMs: 0,
      message: 'lacks a limit',
    },
  ])
  const { page, complaints } = await openPage(browser, writeReport(folder), { name: 'run' })
  expect(await page.locator('.guards tbody tr').count()).toBe(2)
  expect(await page.textContent('.guards tbody tr:first-child')).toContain('✗ failed')
  await page.click('.guards a')
  expect(await page.textContent('h1 .badge')).toBe('✗ failed')
  expect(await page.textContent('.message')).toBe('n2 lacks 12 rows')
  expect(await page.textContent('.again code')).toBe('npm run suite -- PEER-6 --seed 71')
  expect(await page.textContent('.verdicts')).toContain('12 of 850 rows')
  await page.click('text=← the whole run')
  expect(await page.textContent('h1')).toContain('Run of seed 71')
  expect(complaints).toEqual([])
})

test('an inconclusive guard says so by word and sign, not by colour alone', async () => {
  const [check] = ordinaryRun().guard.checks
  const path = await saved({
    checks: [{ ...check!, verdict: 'unknown', found: 'nothing was acknowledged.', witness: {} }],
  })
  const { page } = await openPage(browser, path, { name: 'inconclusive' })
  expect(await page.textContent('h1 .badge')).toBe('? inconclusive')
  expect(await page.textContent('.verdict')).toBe('? unknown')
})

test('dark follows the system, and the switch changes it', async () => {
  const { page } = await openPage(browser, await saved(), { name: 'dark', scheme: 'dark' })
  const paper = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
  expect(await paper()).toBe('rgb(13, 17, 23)')
  await page.click('#theme')
  expect(await paper()).toBe('rgb(255, 255, 255)')
  await page.click('#theme')
  expect(await paper()).toBe('rgb(13, 17, 23)')
})

test.each([360, 414])('on a phone of %i px nothing runs out of the page, and a tap tells', async (width) => {
  const { page, complaints } = await openPage(browser, await saved(), { name: `phone-${width}`, width })
  expect(await overflowPx(page)).toBe(0)
  for (const box of await page.$$('.verdicts td, h1, .card, .plot')) {
    const { x, width: wide } = (await box.boundingBox()) ?? { x: 0, width: 0 }
    expect(x + wide).toBeLessThanOrEqual(width + 0.5)
  }
  await page.locator('#lanes .u-over').first().tap()
  expect(await page.textContent('#tip')).toContain('memory')
  expect(complaints).toEqual([])
})

test('what a log, an error, a key or a title holds is shown and never obeyed', async () => {
  const hostile = '<img src=x onerror="document.title=\'owned\'"></script><script>document.title="owned"</script>'
  const run = ordinaryRun({ title: `PEER-6 ${hostile}` })
  const path = await saved(
    { title: `PEER-6 ${hostile}`, faults: run.guard.faults.map((fault) => ({ ...fault, name: hostile })) },
    {
      operations: run.operations.map((each) => ({
        ...each,
        key: hostile,
        kind: `insert ${hostile}`,
        ...(each.outcome === 'ok' ? {} : { error: hostile }),
      })),
      files: {
        ...run.files,
        'n1.1.log': `{"level":50,"msg":${JSON.stringify(hostile)}}\nError: ${hostile}\n`,
        'load.x.txt': hostile,
      },
    },
  )
  const { page, complaints, requests } = await openPage(browser, path, { name: 'hostile' })
  await page.hover('.fault')
  expect(await page.textContent('#tip')).toContain('<img')
  await page.locator('#latency .u-over').hover()
  await page.locator('.lane').first().locator('.dot').last().click()
  expect(await page.textContent('dialog')).toContain('onerror')
  expect(await page.title()).toContain('<img')
  expect(await page.locator('img').count()).toBe(0)
  expect([...complaints, ...requests]).toEqual([])
})

test('an empty history has a page that says so', async () => {
  const path = await saved({ checks: [], faults: [], nodes: [], readings: [] }, { operations: [], files: {} })
  const { page, complaints } = await openPage(browser, path, { name: 'empty' })
  expect(await page.textContent('main')).toContain('No operation was recorded')
  expect(await page.locator('.plot').count()).toBe(0)
  expect(complaints).toEqual([])
})

test('a history that is damaged and a log that is missing are named, and the rest is shown', async () => {
  const folder = tempFolder()
  const { files, ...run } = ordinaryRun()
  const { 'n3.1.log': _, ...others } = files
  await saveGuard(folder, { ...run, files: { ...others, 'history.jsonl': '{"type":"header","version":1}\n{"torn\n' } })
  const { page, complaints } = await openPage(browser, writeReport(folder), { name: 'damaged' })
  const problems = await page.textContent('.problems')
  expect(problems).toContain('history.jsonl is damaged at line 2')
  expect(problems).toContain('n3.1.log')
  expect(problems).not.toContain(folder)
  expect(await page.locator('.lane').count()).toBe(3)
  expect(complaints).toEqual([])
})

test('the keyboard reaches faults, tables, lines of the log and the time that is shown', async () => {
  const { page } = await openPage(browser, await saved(), { name: 'keyboard' })
  await page.focus('.fault')
  expect(await page.textContent('#tip')).toContain('refused 4.0 KiB')
  await page.keyboard.press('Escape')
  expect(await page.isHidden('#tip')).toBe(true)
  await page.focus('[data-zoom=in]')
  const before = await page.locator('.fault').nth(1).getAttribute('style')
  await page.keyboard.press('Enter')
  expect(await page.locator('.fault').nth(1).getAttribute('style')).not.toBe(before)
  await page.focus('.mark summary')
  await page.keyboard.press('Enter')
  expect(await page.isVisible('.mark .here')).toBe(true)
})

test('a drag shows a part of the time on all charts, a double click all of it', async () => {
  const { page } = await openPage(browser, await saved(), { name: 'zoom' })
  await page.locator('#latency .u-over').scrollIntoViewIfNeeded()
  const box = (await page.locator('#latency .u-over').boundingBox())!
  const lanes = () =>
    page.$eval('#lanes canvas', (canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL())
  const whole = await lanes()
  await page.mouse.move(box.x + box.width * 0.3, box.y + 50)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 4 })
  await page.mouse.up()
  await expect.poll(lanes).not.toBe(whole)
  await page.mouse.move(box.x + box.width * 0.5, box.y + 50)
  await page.mouse.dblclick(box.x + box.width * 0.5, box.y + 50)
  await page.mouse.move(5, 5)
  await expect.poll(lanes).toBe(whole)
})

test('on paper nothing is cut off and the tools are left out', async () => {
  const { page } = await openPage(browser, await saved(), { name: 'print', scheme: 'dark' })
  await page.emulateMedia({ media: 'print', colorScheme: 'light' })
  expect(await page.isHidden('.tools')).toBe(true)
  const pdf = await page.pdf({ format: 'A4' })
  expect(pdf.length).toBeGreaterThan(20_000)
})

test('a hundred thousand operations and a flooded log make a page of bounded size', async () => {
  const run = ordinaryRun()
  const operations = Array.from({ length: 100_000 }, (_, id) => ({
    ...run.operations[id % 900]!,
    id,
    key: `k${id}`.repeat(6),
    error: `e${id}`,
    startedAtMs: run.operations[0]!.startedAtMs + id / 11,
  }))
  const flood = `${JSON.stringify({ level: 50, msg: 'x'.repeat(2_000) })}\n`.repeat(5_000)
  const path = await saved({}, { operations, files: { ...run.files, 'n1.1.log': flood } })
  expect(statSync(path).size).toBeLessThan(5_000_000)
  const { page } = await openPage(browser, path, { name: 'large' })
  expect(await page.textContent('#latency >> xpath=..')).toMatch(/drawn [\d ]+ of 100 000/)
})
