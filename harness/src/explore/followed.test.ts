import { expect, test } from 'vitest'
import { FollowedStates } from './followed.ts'

test('what comes next on a node and what comes next on another are told apart, each pair once', () => {
  const states = new FollowedStates()
  for (const [node, state] of [
    ['n1', 'copy begun'],
    ['n2', 'log compacted'],
    ['n1', 'restarted'],
    ['n1', 'copy begun'],
    ['n1', 'restarted'],
  ] as const)
    states.see(node, state)
  expect(states.pairs).toEqual({
    onNode: [
      ['copy begun', 'restarted'],
      ['restarted', 'copy begun'],
    ],
    acrossNodes: [
      ['copy begun', 'log compacted'],
      ['log compacted', 'restarted'],
    ],
  })
})

test('a single state has come after nothing', () => {
  const states = new FollowedStates()
  states.see('n1', 'copy begun')
  expect(states.pairs).toEqual({ onNode: [], acrossNodes: [] })
})
