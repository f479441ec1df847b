import { scryptSync } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { login } from '../../../../src/edge/auth/login.ts'
import { Problem } from '../../../../src/problem.ts'
import { TypedEmail } from '../../../../src/routes/users/email.ts'
import type { PasswordChange, User, UserKey } from '../../../../src/routes/users/user.ts'
import { Passwords } from '../../../../src/sign-in/passwords.ts'
import { problemOf } from '../../support/host.ts'

const CHEAP = { ln: 1, r: 1, p: 1 }
const EMAIL = 'ada@acme.test'

/** A tenant with one user, whose hash was made at `cost`. */
function tenantWith(cost = CHEAP, password: string | null = 'correct horse', storedEmail = EMAIL) {
  const derive = vi.fn(scryptSync)
  const passwords = new Passwords({ cost: CHEAP, derive })
  const user: User = {
    id: 'u1',
    email: storedEmail,
    name: null,
    role: 'member',
    password_hash: password === null ? null : new Passwords({ cost }).hash(password),
    created_at: new Date(0),
  }
  const changes: PasswordChange[] = []
  const users = {
    find: async (key: UserKey) => ('email' in key && key.email === storedEmail ? user : undefined),
    changePassword: async (_: string, change: PasswordChange) => {
      changes.push(change)
    },
  }
  const hasher = {
    hash: async (password: string) => passwords.hash(password),
    verify: async (password: string, stored: string | undefined) => passwords.verify(password, stored),
  }
  const signIn = (email: string, password: string) =>
    login({ email: TypedEmail.parse(email), password }, { users, hasher })
  return { user, users, changes, derive, hasher, passwords, signIn }
}

test('the right password gives the user', async () => {
  const { signIn, user, changes } = tenantWith()
  expect(await signIn(EMAIL, 'correct horse')).toBe(user)
  expect(changes).toEqual([])
})

test('an unknown user and a wrong password get the same answer for the same work', async () => {
  const { signIn, derive } = tenantWith()
  const unknown = await problemOf(signIn('nobody@acme.test', 'correct horse'))
  const hashesForUnknown = derive.mock.calls.length
  const wrong = await problemOf(signIn(EMAIL, 'wrong horse'))
  expect(unknown).toEqual(wrong)
  expect(unknown.code).toBe('invalid_credentials')
  expect(hashesForUnknown).toBe(1)
  expect(derive).toHaveBeenCalledTimes(2)
})

test('a user without a password is refused like an unknown one, for the same work', async () => {
  const { signIn, derive } = tenantWith(CHEAP, null)
  expect(await problemOf(signIn(EMAIL, 'correct horse'))).toEqual(
    await problemOf(signIn('nobody@acme.test', 'correct horse')),
  )
  expect(await problemOf(signIn(EMAIL, ''))).toMatchObject({ code: 'invalid_credentials' })
  expect(derive).toHaveBeenCalledTimes(3)
})

test('a hash of an older cost is replaced by one of today at the next sign-in, and only then', async () => {
  const { signIn, user, changes, passwords } = tenantWith({ ln: 2, r: 1, p: 1 })
  await problemOf(signIn(EMAIL, 'wrong horse'))
  expect(changes).toEqual([])
  await signIn(EMAIL, 'correct horse')
  expect(changes).toEqual([{ from: user.password_hash, to: expect.stringContaining('ln=1,r=1,p=1') }])
  expect(passwords.verify('correct horse', changes[0]?.to)).toEqual({ ok: true, outdated: false })
})

test.each(['sign_in_busy', 'sign_in_unavailable'] as const)(
  'a right password signs in even where its old hash cannot be replaced: %s',
  async (code) => {
    const { signIn, user, changes, hasher } = tenantWith({ ln: 2, r: 1, p: 1 })
    hasher.hash = async () => {
      throw new Problem(code)
    }
    expect(await signIn(EMAIL, 'correct horse')).toBe(user)
    expect(changes).toEqual([])
  },
)

test('a right password signs in even where its new hash cannot be stored', async () => {
  const { signIn, user, users } = tenantWith({ ln: 2, r: 1, p: 1 })
  users.changePassword = async () => {
    throw new Problem('host_unavailable')
  }
  expect(await signIn(EMAIL, 'correct horse')).toBe(user)
})

test('a user stored with characters that are not seen signs in as before, and one without them however typed', async () => {
  const former = 'a\ufe0fda@acme.test'
  const old = tenantWith(CHEAP, 'correct horse', former)
  expect(await old.signIn(former, 'correct horse')).toBe(old.user)
  expect(await problemOf(old.signIn(EMAIL, 'correct horse'))).toMatchObject({ code: 'invalid_credentials' })
  const today = tenantWith()
  for (const typed of [former, 'ada@acme.te\u200bst', ' ADA\u034f@acme.test', EMAIL]) {
    expect(await today.signIn(typed, 'correct horse')).toBe(today.user)
  }
})
