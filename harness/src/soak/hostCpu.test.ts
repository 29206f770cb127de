import { expect, test } from 'vitest'
import { foreignRatio, parseHostCpu, readHostCpu } from './hostCpu.ts'

test('what others had of the machine is what was busy and not ours', () => {
  const before = parseHostCpu('cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 1 2\n')
  const after = parseHostCpu('cpu  180 10 90 860 60 0 0 0 7 0\n')
  expect([before, after]).toEqual([
    { total: 1_000, busy: 150 },
    { total: 1_200, busy: 280 },
  ])
  expect(foreignRatio(before, after, 300)).toBeCloseTo(0.5)
  expect(foreignRatio(before, after, 5_000)).toBe(0)
  expect(foreignRatio(after, after, 0)).toBe(0)
})

test('this machine tells', () => {
  const { total, busy } = readHostCpu()
  expect(total).toBeGreaterThan(busy)
  expect(busy).toBeGreaterThan(0)
})
