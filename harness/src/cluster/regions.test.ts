import { expect, test } from 'vitest'
import { describeRegions, regionAt, regionMapOf } from './regions.ts'

test('nodes are dealt to the regions in turn', () => {
  const options = { regions: ['eu', 'us', 'ap'], interRegion: { delayMs: 80 } }
  expect([0, 1, 2, 3, 4].map((at) => regionAt(options, at))).toEqual(['eu', 'us', 'ap', 'eu', 'us'])
})

test('a cluster without regions has no region and no map', () => {
  expect(regionAt({}, 0)).toBeUndefined()
  expect(regionMapOf([{ name: 'n1' }, { name: 'n2' }], undefined)).toBeUndefined()
})

test.each([
  ['an empty list', { regions: [] }],
  ['an empty name', { regions: ['', 'us'] }],
  ['a line without regions', { interRegion: { delayMs: 80 } }],
  ['a line between a region and itself', { regions: ['eu', 'eu'], interRegion: { delayMs: 80 } }],
])('%s is refused', (_what, options) => {
  expect(() => regionAt(options, 0)).toThrow(/region.*\[BAD_USAGE\]$/)
})

test('regions are told in one line', () => {
  const nodes = [
    { name: 'n1', region: 'eu' },
    { name: 'n2', region: 'us' },
  ]
  expect(describeRegions({ nodes: { n1: 'eu' } })).toBe('n1 eu')
  const map = regionMapOf(nodes, { delayMs: 80, jitterMs: 10 })
  expect(map && describeRegions(map)).toBe('n1 eu, n2 us; 80 ms give or take 10 ms between regions, each way')
})
