import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { countNetworkFaults } from './networkFaults.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-run-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function save(guard: string, backends: readonly (string | undefined)[]): void {
  mkdirSync(join(folder, guard))
  const faults = backends.map((backend) => (backend === undefined ? {} : { backend }))
  writeFileSync(join(folder, guard, 'guard.json'), JSON.stringify({ faults }))
}

test('faults of the network are counted by what carried them out, over all guards of a run', () => {
  save('PEER-1', ['links', 'links', undefined])
  save('PEER-2', ['firewall', 'links'])
  mkdirSync(join(folder, 'PEER-3')) // died before it wrote
  expect(countNetworkFaults(folder)).toEqual({ links: 3, firewall: 1 })
})
