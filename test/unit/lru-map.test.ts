import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LruMap } from '../../src/lru-map.ts'

test('the least recently used entry goes first, and a look that does not count changes nothing', () => {
  const map = new LruMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.get('a')
  map.peek('b')
  map.set('c', 3)
  expect([map.peek('a'), map.peek('b'), map.peek('c')]).toEqual([1, undefined, 3])
})

test('in any history it holds what was used last, and never more than it may', () => {
  const step = fc.record({ key: fc.nat(5), act: fc.constantFrom('get', 'set', 'delete') })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step), (max, steps) => {
      const map = new LruMap<number, number>(max)
      let model: number[] = []
      for (const { key, act } of steps) {
        const held = model.includes(key)
        if (act === 'get') expect(map.get(key)).toBe(held ? key : undefined)
        else if (act === 'set') map.set(key, key)
        else map.delete(key)
        const kept = model.filter((one) => one !== key)
        model = act === 'delete' || (act === 'get' && !held) ? kept : [...kept, key].slice(-max)
        expect(map.size).toBe(model.length)
      }
      for (const key of model) expect(map.peek(key)).toBe(key)
      expect([...map.oldestFirst()].map(([key]) => key)).toEqual(model)
    }),
  )
})

test('the oldest entries can be dropped while they are looked through', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9)), fc.nat(9), (keys, dropped) => {
      const map = new LruMap<number, number>(8)
      for (const key of keys) map.set(key, key)
      const before = [...map.oldestFirst()].map(([key]) => key)
      const seen: number[] = []
      for (const [key] of map.oldestFirst()) {
        seen.push(key)
        if (seen.length > dropped) break
        map.delete(key)
      }
      expect(seen).toEqual(before.slice(0, dropped + 1))
      expect([...map.oldestFirst()].map(([key]) => key)).toEqual(before.slice(dropped))
    }),
  )
})
