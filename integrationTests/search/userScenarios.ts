import type { Scenario, User } from '@breakwater/harness'
import type { Hit, VectordClient } from '../../fixtures/systems/vectord/client.ts'

const k = 10

/** A run that was told what cannot be. Its code is what the figures count it by. */
class Wrong extends Error {
  override name = 'Wrong'
  readonly outcome = 'fail'
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

function mustBe(isSo: boolean, code: string): void {
  if (!isSo) throw new Wrong(code)
}

/**
 * What six kinds of users do with the workers of an index, of whom they ask for what is in `needs`. `asked` collects every text that
 * they have embedded, in its one spelling: whoever asks for the first time waits for the provider too, which is a step of its own.
 */
export async function userScenarios(
  client: VectordClient,
  { index, needs }: { readonly index: string; readonly needs: readonly string[] },
  asked: Set<string>,
): Promise<Scenario[]> {
  const pool = Map.groupBy(await client.fillPool(), ({ role, city, state }) => `${role} in ${city}, ${state}`)
  const fillable = [...pool].filter(([, workers]) => workers.length >= 2)

  const need = ({ random }: User) => random.pick(needs)
  const search = async (user: User, query: string, options: { excludeIds?: string[]; usePlaybook?: boolean } = {}) => {
    const text = query.trim().replace(/\s+/g, ' ').toLowerCase()
    const step = asked.has(text) ? 'search' : 'embed and search'
    asked.add(text)
    return user.step(step, () => client.search(index, { query, k, ...options }))
  }
  const full = (hits: readonly Hit[]) => mustBe(hits.length === k, `${hits.length} of ${k} results`)

  return [
    {
      name: 'cold_search_email',
      weight: 35,
      run: async (user) => {
        const hits = await search(user, need(user))
        full(hits)
        const { id, metadata } = hits[0]!
        const message = {
          kind: 'email' as const,
          to: `${id}@example.com`,
          subject: `${metadata.role} wanted`,
          body: `We look for a ${metadata.role} in ${metadata.city}, ${metadata.state}. Call 555-123-4567.`,
        }
        const { ok } = await user.step('validate', () => client.validateMessage(message))
        mustBe(ok, 'e-mail refused')
      },
    },
    {
      name: 'surge_fill_validate',
      weight: 15,
      run: async (user) => {
        const [query, workers] = user.random.pick(fillable)
        const hits = await search(user, query)
        full(hits)
        const { city, state, role } = workers[0]!
        const workerIds = workers.slice(0, 2).map(({ id }) => id)
        const { ok } = await user.step('validate', () => client.validateFill({ city, state, role, workerIds }))
        mustBe(ok, 'fill refused')
        const chosenIds = hits.slice(0, 2).map(({ id }) => id)
        await user.step('record', () => client.recordPlaybook(index, { query, chosenIds, outcome: 'ok' }))
      },
    },
    {
      name: 'profile_swap',
      weight: 15,
      run: async (user) => {
        const query = need(user)
        const first = await search(user, query)
        full(first)
        const excludeIds = first.slice(0, 5).map(({ id }) => id)
        const second = await search(user, query, { excludeIds })
        full(second)
        mustBe(!second.some(({ id }) => excludeIds.includes(id)), 'excluded id found')
      },
    },
    {
      name: 'repeat_cache',
      weight: 15,
      run: async (user) => {
        const query = need(user)
        const spellings = [query, query.toUpperCase(), ` ${query}`, query.replaceAll(' ', '  '), query]
        const answers: string[] = []
        for (const spelling of spellings) {
          const hits = await search(user, spelling)
          full(hits)
          answers.push(hits.map(({ id }) => id).join())
        }
        mustBe(new Set(answers).size === 1, 'another answer to the same query')
      },
    },
    {
      name: 'sms_validate',
      weight: 10,
      run: async (user) => {
        const hits = await search(user, need(user))
        full(hits)
        const body = `${hits[0]?.metadata.role} wanted in ${hits[0]?.metadata.city}. Call 555-123-4567`
        const { ok } = await user.step('validate', () =>
          client.validateMessage({ kind: 'sms', to: '555-987-6543', body }),
        )
        mustBe(ok, 'SMS refused')
      },
    },
    {
      name: 'playbook_record_replay',
      weight: 10,
      run: async (user) => {
        // Nobody else asks this, so the playbook that is closest is this user's own.
        const query = `${need(user)} shift ${user.number} of ${user.random.integer(1, 1e9)}`
        const cold = await search(user, query)
        full(cold)
        const chosenIds = cold.slice(7, 9).map(({ id }) => id)
        const playbook = { query, chosenIds, outcome: 'ok' as const }
        const id = await user.step('record', () => client.recordPlaybook(index, playbook))
        const warm = await search(user, query, { usePlaybook: true })
        full(warm)
        const leaders = warm.slice(0, 2)
        mustBe(leaders.map((hit) => hit.id).join() === chosenIds.join(), 'recorded ids not first')
        mustBe(
          leaders.every(({ provenance }) => provenance?.playbook === id),
          'without provenance',
        )
      },
    },
  ]
}
