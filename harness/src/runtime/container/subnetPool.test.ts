import { expect, test } from 'vitest'
import { freePrefix, routedNetworks } from './subnetPool.ts'

test('the first free subnet is taken, and the next turn gets another', () => {
  expect(freePrefix([], 0, 5)).toBe('10.64.5')
  expect(freePrefix([], 1, 5)).toBe('10.64.6')
})

test('a subnet inside a larger network that is in use is not free', () => {
  expect(freePrefix(['10.64.0.0/16'], 0, 5)).toBe('10.65.0')
})

test('a smaller network that is in use takes its whole subnet', () => {
  expect(freePrefix(['10.64.5.128/25', '192.168.0.0/16', 'fd00::/64'], 0, 5)).toBe('10.64.6')
})

test('the search goes round at the end', () => {
  expect(freePrefix(['10.127.255.0/24'], 0, 64 * 256 - 1)).toBe('10.64.0')
})

test('nothing is given when all is in use', () => {
  expect(freePrefix(['10.0.0.0/8'], 0)).toBeUndefined()
})

test("the kernel's routes are read, without the default one", () => {
  const table = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
    'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
  ].join('\n')
  expect(routedNetworks(table)).toEqual(['172.17.0.0/16', '192.0.2.0/24'])
})
