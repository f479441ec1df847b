import { expect, test } from 'vitest'
import { schemaText } from '../../../src/edge/docs/schema-text.ts'

test.each<[object, string]>([
  [{ type: 'string' }, 'string'],
  [{ type: ['string', 'null'] }, 'string | null'],
  [{ enum: ['a', 'b'] }, '"a" | "b"'],
  [{ const: 'a' }, '"a"'],
  [{ $ref: '#/components/schemas/Post' }, 'Post'],
  [{ type: 'array', items: { $ref: '#/components/schemas/Post' } }, 'Post[]'],
  [{ type: 'array', items: { enum: ['a', 'b'] } }, '("a" | "b")[]'],
  [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'string | null'],
  [{ allOf: [{ $ref: '#/x/Post' }, { $ref: '#/x/Time' }] }, 'Post & Time'],
  [{ type: 'object', properties: {} }, '{}'],
  [{ type: 'object', additionalProperties: { type: 'number' } }, '{ [name]: number }'],
  [{}, 'anything'],
])('the schema %j reads %s', (schema, text) => {
  expect(schemaText(schema)).toBe(text)
})

test('an object shows its fields, optional ones with a question mark, each level deeper than the one around it', () => {
  const inner = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }
  const schema = { type: 'object', properties: { id: { type: 'string' }, inner }, required: ['id'] }
  expect(schemaText(schema)).toBe('{\n  id: string\n  inner?: {\n    n: number\n  }\n}')
})
