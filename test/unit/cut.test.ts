import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cut } from '../../src/cut.ts'

test('what is cut is a beginning of whole characters, and no shorter than need be', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, most) => {
      const beginning = cut(text, most)
      expect(text.startsWith(beginning)).toBe(true)
      expect(beginning.isWellFormed()).toBe(true)
      expect(beginning.length).toBeLessThanOrEqual(most)
      expect(beginning.length).toBeGreaterThanOrEqual(Math.min(text.length, most) - 1)
    }),
  )
  expect(cut('ab🦀', 3)).toBe('ab')
  expect(cut('ab🦀', 4)).toBe('ab🦀')
})
