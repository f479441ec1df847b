import { expect, test } from 'vitest'
import { etagOf, expectedVersions, isKnown } from '../../../src/routes/etag.ts'

test('an entity tag names the version that it was made of', () => {
  expect(expectedVersions(etagOf(7))).toEqual([7])
  expect(expectedVersions(etagOf(7, '3-1-1kx'))).toEqual([7])
})

test.each<[string | undefined, number[] | undefined]>([
  [undefined, undefined],
  ['*', undefined],
  [' * ', undefined],
  ['"1"', [1]],
  ['"1", "22"', [1, 22]],
  // As proxies that compress make of every tag.
  ['W/"1"', [1]],
  ['"1", W/"2"', [1, 2]],
  ['W/"3-2-1-k"', [3]],
  ['w/"1"', []],
  ['1', []],
  ['', []],
  ['"x"', []],
  ['"1e3"', []],
  ['"99999999999999999999"', []],
])('If-Match: %s expects the versions %j', (header, versions) => {
  expect(expectedVersions(header)).toEqual(versions)
})

test.each<[string, string | undefined, boolean]>([
  ['"1"', undefined, false],
  ['"1"', '"1"', true],
  ['"1"', 'W/"1"', true],
  ['"1"', '"2", W/"1"', true],
  ['"1"', '*', true],
  ['"1"', '"2"', false],
  ['"1-2-0-x"', '"1"', false],
  ['', '*', false],
])('a caller that is shown %s and says If-None-Match: %s knows it: %j', (etag, header, known) => {
  expect(isKnown(etag, header)).toBe(known)
})
