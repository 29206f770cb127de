import { expect, test } from 'vitest'
import { joinCalls, type Topology } from './topology.ts'

test.each<[Topology, number, [number, number][]]>([
  ['star', 1, []],
  ['star', 2, [[1, 0]]],
  [
    'star',
    4,
    [
      [1, 0],
      [2, 0],
      [3, 0],
    ],
  ],
  [
    'chain',
    4,
    [
      [1, 0],
      [2, 1],
      [3, 2],
    ],
  ],
  [
    'ring',
    4,
    [
      [1, 0],
      [2, 1],
      [3, 2],
      [0, 3],
    ],
  ],
  [
    'ring',
    3,
    [
      [1, 0],
      [2, 1],
      [0, 2],
    ],
  ],
])('a %s of %s nodes makes the join calls %j', (topology, nodes, calls) => {
  expect(joinCalls(topology, nodes)).toEqual(calls)
})

test('the ends of a ring of two are joined already', () => {
  expect(joinCalls('ring', 2)).toEqual([[1, 0]])
})

test.each<Topology>(['star', 'chain', 'ring'])(
  'in a %s each joiner but the first node is told once, of a node that is in',
  (topology) => {
    const calls = joinCalls(topology, 7)
    const isIn = new Set([0])
    for (const [joiner, member] of calls) {
      expect(isIn.has(member)).toBe(true)
      isIn.add(joiner)
    }
    expect(isIn.size).toBe(7)
  },
)
