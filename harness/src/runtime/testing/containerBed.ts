import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { awaitReading } from '../../base/awaitReading.ts'
import { LogReader } from '../../probe/logReader.ts'
import { openContainerRuntime } from '../container.ts'
import type { ContainerPlan, Life, Runtime, Site } from '../runtime.ts'

export const image = 'breakwater/node:24'
export const budgetMs = 10_000

interface LaunchOptions {
  node?: number
  incarnation?: number
  container?: Partial<ContainerPlan>
}

/** For each test a folder and containers with room for two nodes: n1 and n2. Nothing is left of them after it. */
export class ContainerBed {
  #folder = ''
  #runtime: Runtime | undefined
  #site: Site | undefined

  constructor() {
    beforeEach(async () => {
      this.#folder = mkdtempSync(join(tmpdir(), 'breakwater-container-'))
      this.#runtime = await openContainerRuntime()
      this.#site = await this.#runtime.openSite(2)
    })
    afterEach(async () => {
      await this.#runtime?.close()
      await this.#site?.close()
      rmSync(this.#folder, { recursive: true, force: true })
    })
  }

  get folder(): string {
    return this.#folder
  }

  get runtime(): Runtime {
    if (!this.#runtime) throw new Error('there are containers within a test only')
    return this.#runtime
  }

  launch(script: string, { node = 1, incarnation = 1, container = {} }: LaunchOptions = {}): Promise<Life> {
    return this.runtime.launch({
      node: `n${node}`,
      incarnation,
      host: this.placeOf(node).bind.host,
      command: ['node', '-e', script],
      env: {},
      cwd: this.folder,
      container: { image, shared: [this.folder], ...container },
      logPath: join(this.folder, `n${node}.${incarnation}.log`),
    })
  }

  placeOf(node: number): Site['places'][number] {
    const place = this.#site?.places[node - 1]
    if (!place) throw new Error(`there is no node ${node}`)
    return place
  }

  /** A program that connects to n2, again and again, and tells when it could. */
  dials(): string {
    return `
      const net = require('node:net')
      console.log('up')
      setInterval(() => {
        const socket = net.connect(9001, '${this.placeOf(2).bind.host}')
        socket.once('connect', () => { console.log('connected'); socket.destroy() }).once('error', () => {})
        setTimeout(() => socket.destroy(), 100)
      }, 50)
    `
  }

  async answers(node: number): Promise<boolean> {
    const { host, port } = this.placeOf(node).reach
    return fetch(`http://${host}:${port}/`, { signal: AbortSignal.timeout(300) }).then(
      (answer) => answer.ok,
      () => false,
    )
  }

  comesUp(node: number, up = true): Promise<boolean> {
    return awaitReading({
      what: `n${node} to ${up ? 'answer' : 'be out of reach'}`,
      budget: budgetMs,
      probe: () => this.answers(node),
      until: (is) => is === up,
    })
  }
}

export async function logged(life: Life, line: string | RegExp): Promise<string> {
  const reader = new LogReader(life.logPath)
  try {
    return await reader.awaitLine(line, budgetMs)
  } finally {
    reader.close()
  }
}

export const stays = 'setInterval(() => {}, 1000); console.log("up")'
export const serves = `require('node:http').createServer((request, response) => response.end('ok')).listen(9001, () => console.log('up'))`
