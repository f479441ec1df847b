import { SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { identify } from '../../../src/edge/identify.ts'
import { problemOf } from '../support/host.ts'
import { bearing, configWith, SECRET, seconds } from '../support/tokens.ts'

const every = configWith({ JWT_SECRET: SECRET, TENANT_SOURCES: 'jwt,header,query' })
const tokens = configWith({ JWT_SECRET: SECRET })
const headers = configWith({ TENANT_SOURCES: 'header' })
const queries = configWith({ TENANT_SOURCES: 'query' })

function tokenOf(claims: object): Promise<string> {
  return new SignJWT({ exp: seconds(60), ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(SECRET))
}

const tenantOf = async (request: Request, config: typeof every) => (await identify(request, config)).tenant

const asking = (url: string, init?: RequestInit) => new Request(`https://rockpool.test${url}`, init)

test('the claim user_id names the tenant, and sub where there is none', async () => {
  expect(await tenantOf(bearing(await tokenOf({ user_id: 'acme', sub: 'other' })), tokens)).toBe('acme')
  expect(await tenantOf(bearing(await tokenOf({ sub: 'other' })), tokens)).toBe('other')
})

test('beside user_id the claims sub and role say which user is calling', async () => {
  const callerOf = async (claims: object) => (await identify(bearing(await tokenOf(claims)), tokens)).caller
  expect(await callerOf({ user_id: 'acme', sub: 'u1', role: 'viewer' })).toEqual({
    user: 'u1',
    role: 'viewer',
  })
  expect(await callerOf({ user_id: 'acme' })).toEqual({})
  expect(await callerOf({ sub: 'acme' })).toEqual({})
  for (const sub of ['', 'é', 'x'.repeat(256), 7])
    expect(await callerOf({ user_id: 'acme', sub })).toEqual({})
  for (const role of ['root', '', ['admin'], 1]) expect(await callerOf({ user_id: 'acme', role })).toEqual({})
})

test('nothing but a token says which user is calling; without one it is the tenant itself, as its admin', async () => {
  const request = asking('/?user_id=a&sub=u1&role=viewer', {
    headers: { 'x-user-id': 'a', 'x-role': 'viewer' },
  })
  expect(await identify(request, every)).toEqual({ tenant: 'a', caller: { role: 'admin' } })
})

test('the header names the tenant, then the parameter', async () => {
  const both = asking('/?user_id=b', { headers: { 'x-user-id': 'a' } })
  expect(await tenantOf(both, every)).toBe('a')
  expect(await tenantOf(asking('/?user_id=b'), every)).toBe('b')
})

test('a valid token is not overruled by what anybody can write', async () => {
  const token = await tokenOf({ user_id: 'acme' })
  expect(await tenantOf(bearing(token, 'https://rockpool.test/?user_id=b'), every)).toBe('acme')
  const same = bearing(token, 'https://rockpool.test/', { 'x-user-id': 'acme' })
  expect(await tenantOf(same, every)).toBe('acme')
})

test.each(['a', 'ACME', '', 'acme, acme'])(
  'the header %j beside a valid token of another is refused, whether headers may name a tenant or not',
  async (id) => {
    const token = await tokenOf({ user_id: 'acme' })
    for (const config of [every, tokens]) {
      const request = bearing(token, 'https://rockpool.test/', { 'x-user-id': id })
      expect(await problemOf(identify(request, config))).toMatchObject({
        code: 'user_id_mismatch',
        status: 403,
        field: 'X-User-ID',
      })
    }
  },
)

test('a bad token is refused although another source would name a tenant', async () => {
  const request = bearing('a.b.c', 'https://rockpool.test/?user_id=b', { 'x-user-id': 'a' })
  expect(await problemOf(identify(request, every))).toMatchObject({ code: 'invalid_token' })
})

test('a source that the deployment does not allow is not read', async () => {
  const header = asking('/', { headers: { 'x-user-id': 'a' } })
  const parameter = asking('/?user_id=b')
  const token = bearing(await tokenOf({ user_id: 'acme' }))
  for (const [request, config] of [
    [header, tokens],
    [header, queries],
    [parameter, tokens],
    [parameter, headers],
    [token, headers],
  ] as const) {
    expect(await problemOf(identify(request, config))).toMatchObject({ code: 'missing_user_id', status: 400 })
  }
})

test('who names nobody is told so', async () => {
  expect(await problemOf(identify(asking('/'), every))).toMatchObject({
    code: 'missing_user_id',
    detail: 'User ID not found in request',
  })
})

test.each(['', 'A', 'a/../b', 'a b', '-a', 'x'.repeat(49), '__proto__', 'é'])(
  'the id %j is refused with the name of its field',
  async (id) => {
    const parameter = asking(`/?${new URLSearchParams({ user_id: id })}`)
    expect(await problemOf(identify(parameter, every))).toMatchObject({
      code: 'invalid_user_id',
      field: 'user_id',
    })
    const header = asking('/?user_id=good', { headers: { 'x-user-id': id } })
    expect(await problemOf(identify(header, every))).toMatchObject({
      code: 'invalid_user_id',
      field: 'X-User-ID',
    })
  },
)

test.each([['a', 'b'], ['a'], '', 'x'.repeat(300), 'a/../b', 'a\u0000b', 'A', 'аcme', 7, {}, true, false])(
  'a token whose claim is %j names nobody, and its sub does not step in',
  async (claim) => {
    const token = await tokenOf({ user_id: claim, sub: 'other' })
    expect(await problemOf(identify(bearing(token), every))).toMatchObject({ code: 'invalid_token' })
  },
)

test('a token that names nobody at all is refused', async () => {
  expect(await problemOf(identify(bearing(await tokenOf({})), every))).toMatchObject({
    code: 'invalid_token',
  })
})

test.each([
  ['another scheme', (token: string) => `Basic ${token}`],
  ['no scheme', (token: string) => token],
  ['a scheme without a token', () => 'Bearer'],
  ['an empty header', () => ''],
  ['two tokens', (token: string) => `Bearer ${token}, Bearer ${token}`],
  ['something behind the token', (token: string) => `Bearer ${token} x`],
])('%s is refused and not taken for no token', async (_, write) => {
  const authorization = write(await tokenOf({ user_id: 'acme' }))
  const request = asking('/', { headers: { authorization, 'x-user-id': 'a' } })
  expect(await problemOf(identify(request, every))).toMatchObject({ code: 'invalid_token', status: 401 })
})

test('the scheme may be written in any case', async () => {
  const authorization = `bearer ${await tokenOf({ user_id: 'acme' })}`
  expect(await tenantOf(asking('/', { headers: { authorization } }), every)).toBe('acme')
})
