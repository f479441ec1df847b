import { expect, test } from 'vitest'
import { VerifiedTokens } from '../../../src/edge/verified-tokens.ts'

const NOW = 1_800_000_000_000
const claims = { user_id: 'acme', exp: NOW / 1000 + 60 }

test('what a good token says is known until it expires, to the second', () => {
  const tokens = new VerifiedTokens()
  expect(tokens.find('token', NOW)).toBeUndefined()
  tokens.remember('token', claims, NOW)
  expect(tokens.find('token', NOW + 59_999)).toBe(claims)
  expect(tokens.find('token', NOW + 60_000)).toBeUndefined()
  // And it stays forgotten, whatever the clock does.
  expect(tokens.find('token', NOW)).toBeUndefined()
})

test('a token that lasts for long is verified again after ten minutes, when its key may be gone', () => {
  const tokens = new VerifiedTokens()
  tokens.remember('token', { ...claims, exp: NOW / 1000 + 86_400 }, NOW)
  expect(tokens.find('token', NOW + 599_999)).toBeDefined()
  expect(tokens.find('token', NOW + 600_000)).toBeUndefined()
})

test('one token vouches for no other, however alike they are', () => {
  const tokens = new VerifiedTokens()
  tokens.remember('a.b.c', claims, NOW)
  expect(tokens.find('a.b.d', NOW)).toBeUndefined()
  expect(tokens.find('a.b.c ', NOW)).toBeUndefined()
})

test('of ten thousand and one tokens the one unused for longest is forgotten', () => {
  const tokens = new VerifiedTokens()
  tokens.remember('first', claims, NOW)
  tokens.remember('second', claims, NOW)
  for (let n = 0; n < 9_998; n++) tokens.remember(`token ${n}`, claims, NOW)
  expect(tokens.find('first', NOW)).toBe(claims)
  tokens.remember('last', claims, NOW)
  expect(tokens.find('first', NOW)).toBe(claims)
  expect(tokens.find('second', NOW)).toBeUndefined()
})
