import { expect, test } from 'vitest'
import { countsIn, ruleWords } from './packetRules.ts'

const peer = { host: '10.64.1.1', port: 9002 }

test('what a node sends is matched by where it goes, what it gets by where it comes from', () => {
  expect(ruleWords({ direction: 'out', peer, effect: { type: 'drop' } }, 'k1')).toBe(
    'OUTPUT -p tcp -d 10.64.1.1 --dport 9002 -m comment --comment k1 -j DROP',
  )
  expect(ruleWords({ direction: 'in', peer, effect: { type: 'drop' } }, 'k1')).toBe(
    'INPUT -p tcp -s 10.64.1.1 --sport 9002 -m comment --comment k1 -j DROP',
  )
})

test('the counters of all rules with the id are summed, and those of others left out', () => {
  const listing = `Chain INPUT (policy ACCEPT 12 packets, 900 bytes)
    pkts      bytes target     prot opt in     out     source               destination
       3      180 DROP       6    --  *      *       10.64.1.1            0.0.0.0/0            tcp spt:9002 /* k1 */

Chain OUTPUT (policy ACCEPT 9 packets, 700 bytes)
    pkts      bytes target     prot opt in     out     source               destination
       4      240 DROP       6    --  *      *       0.0.0.0/0            10.64.1.1            tcp dpt:9002 /* k1 */
       7      420 DROP       6    --  *      *       0.0.0.0/0            10.64.1.1            tcp dpt:9003 /* k12 */
`
  expect(countsIn(listing, 'k1')).toEqual({ packetsStopped: 7, bytesStopped: 420 })
})
