import { type ScryptOptions, scryptSync } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { COST, Passwords } from '../../../src/sign-in/passwords.ts'

/** So cheap that a test takes no time. */
const CHEAP = { ln: 1, r: 1, p: 1 }

function counting(cost = CHEAP) {
  const derive = vi.fn((password: string, salt: Buffer, length: number, options: ScryptOptions) =>
    scryptSync(password, salt, length, options),
  )
  return { derive, passwords: new Passwords({ cost, derive }) }
}

test('the cost is one of those that OWASP names, and fits into an isolate many times', () => {
  expect(COST).toEqual({ ln: 14, r: 8, p: 5 })
  expect(128 * COST.r * 2 ** COST.ln).toBeLessThanOrEqual(128 * 1024 * 1024 * 0.2)
})

test('a password fits its own hash and no other one does', () => {
  const { passwords } = counting()
  const stored = passwords.hash('correct horse')
  expect(passwords.verify('correct horse', stored)).toEqual({ ok: true, outdated: false })
  for (const other of ['correct horsf', 'correct hors', 'Correct horse', '']) {
    expect(passwords.verify(other, stored).ok).toBe(false)
  }
})

test('a hash at the real cost says its cost and salt, and is the one that scrypt gives', () => {
  const salt = Buffer.from('0123456789abcdef')
  const stored = new Passwords({ random: () => salt }).hash('correct horse')
  const hash = scryptSync('correct horse', salt, 32, { N: 16_384, r: 8, p: 5 })
  const bare = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  expect(stored).toBe(`$scrypt$ln=14,r=8,p=5$${bare(salt)}$${bare(hash)}`)
})

test('two hashes of one password differ', () => {
  const { passwords } = counting()
  expect(passwords.hash('correct horse')).not.toBe(passwords.hash('correct horse'))
})

test('a hash of another cost is still good, and said to be outdated', () => {
  const old = counting({ ln: 2, r: 1, p: 1 }).passwords.hash('correct horse')
  const { passwords } = counting()
  expect(passwords.verify('correct horse', old)).toEqual({ ok: true, outdated: true })
  expect(passwords.verify('wrong', old)).toEqual({ ok: false, outdated: true })
})

test('no user, a wrong password and the right one cost the same: one hash with the same numbers', () => {
  const { derive, passwords } = counting()
  const stored = passwords.hash('correct horse')
  derive.mockClear()
  for (const [password, hash] of [
    ['correct horse', undefined],
    ['wrong', stored],
    ['correct horse', stored],
  ] as const) {
    passwords.verify(password, hash)
  }
  const costs = derive.mock.calls.map(([, salt, length, options]) => [salt.byteLength, length, options])
  expect(costs).toHaveLength(3)
  expect(costs[0]).toEqual(costs[1])
  expect(costs[1]).toEqual(costs[2])
})

test.each([
  ['no hash at all', 'secret'],
  ['another scheme', '$argon2id$ln=1,r=1,p=1$AAAA$AAAA'],
  ['a hash that is too short', '$scrypt$ln=1,r=1,p=1$AAAA$AAAA'],
  ['more memory than there is', `$scrypt$ln=30,r=8,p=1$AAAA$${'A'.repeat(43)}`],
  ['more rounds than are bearable', `$scrypt$ln=1,r=1,p=99$AAAA$${'A'.repeat(43)}`],
  ['nothing to hash with', `$scrypt$ln=0,r=1,p=1$AAAA$${'A'.repeat(43)}`],
])('what is stored as %s lets nobody in, for the price of one hash', (_, stored) => {
  const { derive, passwords } = counting()
  expect(passwords.verify('correct horse', stored).ok).toBe(false)
  expect(derive).toHaveBeenCalledTimes(1)
  expect(derive.mock.calls[0]?.[3]).toMatchObject({ N: 2, r: 1, p: 1 })
})
