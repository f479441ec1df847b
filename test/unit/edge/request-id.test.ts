import { expect, test } from 'vitest'
import { requestIdOf } from '../../../src/edge/request-id.ts'

test.each(['a', 'req-1', '4bf92f3577b34da6', 'A_b.c=d-e', 'x'.repeat(128)])('%s is kept', (id) => {
  expect(requestIdOf(id, () => 'new')).toBe(id)
})

test.each([
  undefined,
  '',
  ' ',
  'a b',
  'a\n',
  'a\nb',
  'a\r\nset-cookie: x',
  '\u0000',
  'é',
  '💧',
  '<script>',
  '"',
  'a,b',
  'x'.repeat(129),
  'x'.repeat(1_000_000),
])('anything else is replaced by a new one', (id) => {
  expect(requestIdOf(id, () => 'new')).toBe('new')
})
