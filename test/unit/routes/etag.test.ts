import { expect, test } from 'vitest'
import { etagOf, expectedVersions } from '../../../src/routes/etag.ts'

test('an entity tag names the version that it was made of', () => {
  expect(expectedVersions(etagOf(7))).toEqual([7])
})

test.each<[string | undefined, number[] | undefined]>([
  [undefined, undefined],
  ['*', undefined],
  [' * ', undefined],
  ['"1"', [1]],
  ['"1", "22"', [1, 22]],
  ['W/"1"', []],
  ['"1", W/"2"', [1]],
  ['1', []],
  ['', []],
  ['"x"', []],
  ['"1e3"', []],
  ['"99999999999999999999"', []],
])('If-Match: %s expects the versions %j', (header, versions) => {
  expect(expectedVersions(header)).toEqual(versions)
})
