import { expect, test } from 'vitest'
import { sqlShape } from '../../../src/engines/sql-shape.ts'

test.each([
  ['SELECT * FROM posts WHERE id = $1 AND n > $12', 'SELECT * FROM posts WHERE id = $1 AND n > $12'],
  ["SELECT 'secret', E'se\\'cret', 'it''s secret' , B'0101'", 'SELECT ?, ?, ? , B?'],
  ['SELECT $$secret$$, $tag$ secret $$ secret $tag$, 1', 'SELECT ?, ?, ?'],
  ['SELECT 12, 1.5e10, .5, 0xff, -7 FROM t2', 'SELECT ?, ?, ?, ?, -? FROM t2'],
  ['SELECT 1 -- secret\n  , 2 /* secret \n */ FROM t', 'SELECT ? , ? FROM t'],
  ['SELECT id\n   FROM "tenant_acme"."posts" p', 'SELECT id FROM "posts" p'],
  ['SELECT "a ""quoted"" name"', 'SELECT "a ""quoted"" name"'],
  ["INSERT INTO t VALUES ('secret that does not end", 'INSERT INTO t VALUES (?'],
  ["SELECT E'secret \\' that does not end", 'SELECT ?'],
  ['SELECT $x$ secret that does not end', 'SELECT ?'],
  ['SELECT 1 /* secret that does not end', 'SELECT ?'],
])('of %j only the shape is left', (text, shape) => {
  expect(sqlShape(text)).toBe(shape)
})

test('a shape is short, whatever the statement, and cutting it uncovers nothing', () => {
  expect(sqlShape(`SELECT ${'column, '.repeat(1_000)}`)).toHaveLength(301)
  for (const length of [3_990, 3_995, 3_999]) {
    const text = `${' '.repeat(length)}SELECT 'secret secret secret'`
    expect(sqlShape(text)).not.toContain('secret')
  }
})

test('a text that is meant to be slow is not', () => {
  const started = performance.now()
  for (const part of ["'", '$a$', '/*', '"', "E'\\", '--', '1e', '$$']) sqlShape(part.repeat(10_000))
  expect(performance.now() - started).toBeLessThan(10_000)
})
