import { expect, test } from 'vitest'
import { Seed } from '../base/seed.ts'
import { drawSchedule } from '../nemesis/drawSchedule.ts'
import { sparing } from './sparing.ts'

const draw = (seed: number, nodes = ['n1', 'n2', 'n3']) =>
  drawSchedule(new Seed(seed), {
    nodes,
    durationMs: 12_000,
    faults: [6, 12],
    can: new Set(['pause', 'faultPreload', 'clockOffset']),
    powerCuts: true,
    leads: true,
    logLines: ['became leader', 'copy finished'],
  })
const deadly = ['kill', 'powerCut']

test('no fault of any seed ends the process of the spared node, and none is lost', () => {
  let moved = 0
  for (let seed = 1; seed <= 200; seed++) {
    const drawn = draw(seed)
    const spared = sparing(drawn, 'n2')
    expect(spared.faults.map(({ id, family }) => id + family)).toEqual(
      drawn.faults.map(({ id, family }) => id + family),
    )
    for (const fault of spared.faults) {
      if (!deadly.includes(fault.family) && !(fault.family === 'failDisk' && fault.options.restart)) continue
      expect(fault.targets).not.toContain('n2')
      expect([fault.aim, 'with' in fault.opens]).toEqual([undefined, false])
      if ('line' in fault.opens) expect(fault.opens.node).toBeDefined()
      moved++
    }
  }
  expect(moved).toBeGreaterThan(100)
})

test('a node that is alone is spared by leaving such faults out', () => {
  const { faults } = sparing(draw(3, ['n1']), 'n1')
  expect(faults.filter(({ family }) => deadly.includes(family))).toEqual([])
})
