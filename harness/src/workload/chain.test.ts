import { expect, test } from 'vitest'
import { Chain, type Chained } from './chain.ts'

interface Link extends Chained<Link> {
  name: string
}

function chainOf(...names: string[]): { chain: Chain<Link>; links: Link[] } {
  const chain = new Chain<Link>()
  const links = names.map((name): Link => ({ name, before: undefined, after: undefined }))
  for (const link of links) chain.add(link)
  return { chain, links }
}

function namesOf(chain: Chain<Link>): string {
  const names: string[] = []
  for (let link = chain.first; link; link = link.after) names.push(link.name)
  expect(chain.size).toBe(names.length)
  return names.join('')
}

test.each([
  [0, 'bc'],
  [1, 'ac'],
  [2, 'ab'],
])('whichever leaves, the others keep their order and the next comes last: %i', (which, left) => {
  const { chain, links } = chainOf('a', 'b', 'c')
  chain.remove(links[which]!)
  expect(namesOf(chain)).toBe(left)
  chain.add(links[which]!)
  expect(namesOf(chain)).toBe(`${left}${links[which]!.name}`)
})

test('a chain that was emptied takes links again', () => {
  const { chain, links } = chainOf('a', 'b')
  for (const link of links) chain.remove(link)
  expect(namesOf(chain)).toBe('')
  chain.add(links[1]!)
  expect(namesOf(chain)).toBe('b')
})
