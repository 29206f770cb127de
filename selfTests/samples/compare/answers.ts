import { budget, type Comparison } from '@breakwater/harness'
import { type EchoClient, echo } from '../echo/system.ts'

/** Few short windows under a wide limit: what is tested is that builds are told apart, not by how little. */
export const comparison: Comparison<EchoClient> = {
  name: 'answers',
  system: echo,
  nodes: 1,
  budget: budget('slower answers', 2, 'ratio', 'the self tests'),
  loop: { users: 3 },
  windowMs: 500,
  warmUpMs: 100,
  scenarios: ([node]) => [
    {
      name: 'ask',
      run: (user) =>
        user.step('ask', async () => {
          const status = await node!.client.call('/now')
          if (status !== 200) throw Object.assign(new Error('refused'), { status, outcome: 'fail' })
        }),
    },
  ],
}
