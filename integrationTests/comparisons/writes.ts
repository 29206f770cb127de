import type { Comparison } from '@breakwater/harness'
import type { PeerClient } from '../../fixtures/systems/peer/client.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

/** Single rows, written on all nodes of a mesh of three at once: log, sync, replication and the API. */
export const comparison: Comparison<PeerClient> = {
  name: 'writes',
  system: peer,
  nodes: 3,
  budget: budgets.slowerThanBase,
  loop: { users: 12 },
  windowMs: 1_500,
  warmUpMs: 500,
  scenarios: (nodes) => [
    {
      name: 'write',
      run: async (user) => {
        const node = nodes[user.number % nodes.length]!
        const key = `k${user.random.integer(0, 9_999)}`
        await user.step('put', () => node.client.put('rows', key, { written: user.number }))
      },
    },
  ],
}
