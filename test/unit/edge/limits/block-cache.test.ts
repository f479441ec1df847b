import { expect, test } from 'vitest'
import { BlockCache } from '../../../../src/edge/limits/block-cache.ts'

test('nobody is blocked for longer than it takes to get a request back', () => {
  const blocked = new BlockCache(10, 1_000, () => 5_000)
  expect(blocked.set('far', 60_000).get('far')).toBe(6_000)
  expect(blocked.set('near', 5_200).get('near')).toBe(5_200)
})

test('no more keys are kept than agreed: the one that was blocked first goes', () => {
  const blocked = new BlockCache(3, 1_000, () => 0)
  for (const key of ['a', 'b', 'c']) blocked.set(key, 1)
  blocked.set('a', 2)
  blocked.set('d', 1)
  expect([...blocked.keys()]).toEqual(['c', 'a', 'd'])
})
