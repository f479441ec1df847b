import fc from 'fast-check'
import { expect, test } from 'vitest'
import { databaseOf, schemaOf, TenantId } from '../../../src/tenants/tenant.ts'

const valid = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,47}$/)

test.each(['a', '0', 'acme', 'a-b_c', '9-', 'constructor', 'x'.repeat(48)])('%j is a tenant id', (id) => {
  expect(TenantId.safeParse(id).success).toBe(true)
})

test.each([
  ...[
    '',
    ' ',
    'A',
    'Acme',
    '_a',
    '-a',
    'a b',
    'a.b',
    'a/b',
    'a/../b',
    '../a',
    'a\\b',
    'a$b',
    'a"b',
    "a'b",
    'a;b',
  ],
  ...['a\n', 'a\u0000b', 'аcme', 'é', 'a\u200b', '__proto__', 'x'.repeat(49), 'x'.repeat(300)],
  ...[1, null, undefined, {}, ['a'], ['a', 'b'], true],
])('%j is none', (id) => {
  expect(TenantId.safeParse(id).success).toBe(false)
})

test('every tenant has a schema and a database whose names are legal and not cut off', () => {
  fc.assert(
    fc.property(valid, (id) => {
      expect(TenantId.parse(id)).toBe(id)
      for (const name of [schemaOf(id), databaseOf(id)]) {
        expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(63)
        expect(name).toMatch(/^[a-z0-9_-]+$/)
      }
    }),
  )
})

test('two tenants never share a schema or a database', () => {
  fc.assert(
    fc.property(valid, valid, (a, b) => {
      fc.pre(a !== b)
      expect(schemaOf(a)).not.toBe(schemaOf(b))
      expect(databaseOf(a)).not.toBe(databaseOf(b))
    }),
  )
})
