import { expect, test } from 'vitest'
import { Login, tenantOf } from '../../../../src/edge/auth/credentials.ts'
import { problemOf } from '../../support/host.ts'

const body = { email: 'ada@acme.test', password: 'correct horse' }
const fieldOf = (value: unknown) => Login.safeParse(value).error?.issues[0]?.path[0]

test.each([
  ['ADA@Acme.Test', 'ada@acme.test'],
  ['  ada@acme.test ', 'ada@acme.test'],
  ['ａｄａ@acme.test', 'ada@acme.test'],
  ['jose\u0301@acme.test', 'josé@acme.test'],
  ['ada+news@acme.test', 'ada+news@acme.test'],
  // Not to be seen: a variation selector, a joiner of graphemes, fillers, a soft hyphen, a tag, a joiner of words, blanks.
  ['ada\ufe0f@acme.test', 'ada@acme.test'],
  ['a\u034fda@acme.test', 'ada@acme.test'],
  ['ad\u115fa@acme\u1160.test', 'ada@acme.test'],
  ['\u3164ada@acme.test\uffa0', 'ada@acme.test'],
  ['a\u00adda@acme.test', 'ada@acme.test'],
  ['ada\u{e0061}@acme.test', 'ada@acme.test'],
  ['ada@acme.te\u2060st', 'ada@acme.test'],
  ['a\u180bda@acme.test', 'ada@acme.test'],
  ['ada\u2800@acme.test', 'ada@acme.test'],
  ['ada@acme\u{1d159}.test', 'ada@acme.test'],
  ['\u{16fe4}ada@acme.test', 'ada@acme.test'],
])('the email %j is %j', (email, normal) => {
  expect(Login.parse({ ...body, email }).email.normal).toBe(normal)
})

test.each([
  '',
  'ada',
  '@acme.test',
  'ada@',
  'a@b@c',
  'a b@c.test',
  'a\u0000@c.test',
  'a\ud800@c.test',
  '\ufe0f@c.test',
  `${'a'.repeat(65)}@c.test`,
  `a@${'c'.repeat(253)}`,
  7,
  null,
  { $ne: '' },
  ['ada@acme.test'],
])('the email %j is refused', (email) => {
  expect(fieldOf({ ...body, email })).toBe('email')
})

test('a password is the same however the keyboard wrote it', () => {
  const typed = (password: string) => Login.parse({ ...body, password }).password
  expect(typed('pässwörter')).toBe(typed('pa\u0308sswo\u0308rter'))
  expect(typed('Passwort 1')).not.toBe(typed('passwort 1'))
})

test.each([
  ['7 characters', 'a'.repeat(7), false],
  ['8 characters', 'a'.repeat(8), true],
  ['128 characters', 'a'.repeat(128), true],
  ['129 characters', 'a'.repeat(129), false],
  ['8 characters of four bytes', '🦀'.repeat(8), true],
  ['128 characters of four bytes', '🦀'.repeat(128), true],
  ['7 characters of four bytes', '🦀'.repeat(7), false],
  ['8 spaces', ' '.repeat(8), true],
  ['half a surrogate pair', `aaaaaaa\ud800`, false],
])('a password of %s is taken: %3$s', (_, password, taken) => {
  expect(Login.safeParse({ ...body, password }).success).toBe(taken)
})

test('a field that nobody knows is refused, so that nobody gives himself a role', () => {
  expect(Login.safeParse({ ...body, role: 'admin' }).success).toBe(false)
})

const HOSTED = 'https://acme.app.test/api/v1/auth/login'

test('the tenant is the one that the body names, else the one whose host was called', () => {
  expect(tenantOf('acme', 'https://rockpool.test/', undefined)).toBe('acme')
  expect(tenantOf(undefined, HOSTED, 'app.test')).toBe('acme')
  expect(tenantOf('acme', HOSTED, 'app.test')).toBe('acme')
  expect(tenantOf('other', HOSTED, undefined)).toBe('other')
})

test('a body that names another tenant than the host is refused', async () => {
  const problem = await problemOf((async () => tenantOf('other', HOSTED, 'app.test'))())
  expect(problem).toMatchObject({ code: 'invalid_request', field: 'tenant' })
})

test.each([
  ['no domain is configured', HOSTED, undefined],
  ['the domain itself is called', 'https://app.test/', 'app.test'],
  ['another domain is called', 'https://acme.evilapp.test/', 'app.test'],
  ['a deeper subdomain is called', 'https://a.acme.app.test/', 'app.test'],
])('who names no tenant is told so when %s', async (_, url, domain) => {
  const problem = await problemOf((async () => tenantOf(undefined, url, domain))())
  expect(problem).toMatchObject({ code: 'missing_user_id', field: 'tenant' })
})
