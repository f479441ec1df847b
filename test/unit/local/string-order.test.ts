import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareValues } from '../../../dev/local/mongo/values/compare.ts'

test('the stand-in orders strings by their bytes, as MongoDB does', () => {
  expect(['\uffee', '🦀', 'z', '\ud7ff'].sort(compareValues)).toEqual(['z', '\ud7ff', '\uffee', '🦀'])
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b))
      expect(Math.sign(compareValues(a, b))).toBe(bytes)
    }),
  )
})
