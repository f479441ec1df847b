import { decodeJwt } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import {
  client,
  HASHING,
  newAddress,
  newTenantWithUser,
  PASSWORD,
  type SignedIn,
  withinAccountWindow,
} from './sign-in.ts'
import {
  ADMIN,
  as,
  asAdmin,
  clearFaults,
  ENGINES,
  newTenant,
  send,
  setFault,
  until,
  withinOneMinute,
  workerWith,
} from './support.ts'

interface Problem {
  code: string
  detail?: string
  field?: string
}

afterEach(clearFaults)

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe.each(ENGINES)('sign-in on %s', (engine) => {
  it('registers a user, whose tokens and password then open the tenant', async () => {
    const { tenant, credentials, registered } = await newTenantWithUser(engine)
    expect(registered).toEqual({
      user_id: tenant,
      user: { id: expect.any(String), email: credentials.email, name: null, role: 'admin' },
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
      refresh_token: expect.any(String),
      refresh_expires_in: 2_592_000,
    })

    const { status, body, headers } = await client()('login', {
      ...credentials,
      email: ` ${credentials.email.toUpperCase()}`,
    })
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body.user).toEqual(registered.user)
    const claims = decodeJwt(body.access_token)
    expect(claims).toMatchObject({ user_id: tenant, sub: body.user.id, role: 'admin' })
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(900)

    for (const token of [registered.access_token, body.access_token]) {
      expect((await send('/api/posts', { headers: bearer(token) })).body.user_id).toBe(tenant)
    }
  })

  it('makes one admin of those who come first at once, and knows each email once', async () => {
    const tenant = newTenant(engine)
    const email = (n: number) => `user-${n}-${Date.now()}@acme.test`
    const emails = [1, 2].map(email)
    const answers = await Promise.all(
      [...emails, ...emails].map((address) =>
        client()('register', { tenant, email: address, password: PASSWORD }),
      ),
    )
    expect(answers.map((one) => one.status).sort()).toEqual([201, 201, 409, 409])
    const users = answers.filter((one) => one.status === 201).map((one) => one.body.user)
    expect(users.map((user) => user.role).sort()).toEqual(['admin', 'member'])
    expect(users.map((user) => user.email).sort()).toEqual([...emails].sort())
    const [first = ''] = emails
    const again = await client()<Problem>('register', {
      tenant,
      email: first.toUpperCase(),
      password: PASSWORD,
    })
    expect(again.body).toMatchObject({ code: 'email_taken', field: 'email' })
  })

  it('answers a wrong password, an unknown user and the user of another tenant alike', async () => {
    const { credentials } = await newTenantWithUser(engine)
    const other = newTenant(engine)
    const answers = await Promise.all(
      [
        { ...credentials, password: 'correct horse batterz' },
        { ...credentials, email: 'nobody@acme.test' },
        { ...credentials, tenant: other },
      ].map((wrong) => client()<Problem & { request_id?: string }>('login', wrong)),
    )
    for (const { status, body, headers } of answers) {
      expect(status).toBe(401)
      expect(headers.get('www-authenticate')).toBe('Bearer')
      expect({ ...body, request_id: undefined }).toEqual({
        type: 'about:blank',
        title: 'The email or the password is wrong',
        status: 401,
        code: 'invalid_credentials',
      })
    }
  })

  it('exchanges a refresh token once, and ends the family of one that comes again', async () => {
    const { tenant, registered } = await newTenantWithUser(engine)
    const ask = client()
    const first = registered.refresh_token
    const second = await ask('refresh', { refresh_token: first })
    expect(second.status).toBe(200)
    expect(second.body.refresh_token).not.toBe(first)
    const headers = bearer(second.body.access_token)
    expect((await send('/api/posts', { headers })).body.user_id).toBe(tenant)
    const third = await ask('refresh', { refresh_token: second.body.refresh_token })
    expect(third.status).toBe(200)

    for (const token of [first, third.body.refresh_token]) {
      const { status, body } = await ask<Problem>('refresh', { refresh_token: token })
      expect(status).toBe(401)
      expect(body.code).toBe('invalid_refresh_token')
    }
  })

  it('lets one of two through that bring the same refresh token at once, and then nobody', async () => {
    const { registered } = await newTenantWithUser(engine)
    const refresh = (token: string) => client()('refresh', { refresh_token: token })
    const both = await Promise.all([1, 2].map(() => refresh(registered.refresh_token)))
    expect(both.map((one) => one.status).sort()).toEqual([200, 401])
    const next = both.find((one) => one.status === 200)?.body.refresh_token ?? ''
    expect((await refresh(next)).status).toBe(401)
  })

  it('signs out one sign-in and leaves the others', async () => {
    const { credentials, registered } = await newTenantWithUser(engine)
    const other = await client()('login', credentials)
    const out = await client()('logout', { refresh_token: registered.refresh_token })
    expect(out.status).toBe(204)
    expect((await client()('refresh', { refresh_token: registered.refresh_token })).status).toBe(401)
    expect((await client()('refresh', { refresh_token: other.body.refresh_token })).status).toBe(200)
    expect((await client()('logout', { refresh_token: registered.refresh_token })).status).toBe(204)
  })

  it(
    'locks an account after ten wrong passwords, whoever guesses and whether it exists or not',
    HASHING,
    async () => {
      await withinAccountWindow()
      const { credentials } = await newTenantWithUser(engine)
      for (const email of [credentials.email, 'nobody@acme.test']) {
        const wrong = { ...credentials, email, password: 'wrong horse' }
        const answers = []
        for (let round = 0; round < 3; round++) {
          answers.push(...(await Promise.all([1, 2, 3, 4].map(() => client()<Problem>('login', wrong)))))
        }
        expect(answers.map((one) => one.status).sort()).toEqual([...Array(10).fill(401), 429, 429])
        const refused = answers.find((one) => one.status === 429)
        expect(refused?.body.code).toBe('too_many_attempts')
        expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(1)
      }
      // The right password does not help any more, and nobody else is held up.
      expect((await client()('login', credentials)).status).toBe(429)
      expect((await newTenantWithUser(engine)).registered.user.role).toBe('admin')
    },
  )

  it('does not count right passwords against an account', HASHING, async () => {
    const { credentials } = await newTenantWithUser(engine)
    for (let round = 0; round < 12; round++) {
      expect((await client()('login', credentials)).status).toBe(200)
    }
  })

  it('shows in its statistics what ten logins at once do to a pool', HASHING, async () => {
    const tenant = newTenant(engine)
    const people = Array.from({ length: 10 }, (_, n) => ({
      tenant,
      email: `user-${n}-${Date.now()}@acme.test`,
      password: PASSWORD,
    }))
    for (const person of people) expect((await client()('register', person)).status).toBe(201)

    await setFault(engine, { delayMs: 100 })
    // The connections are open before the clock starts: here pools run on the thread that hashes.
    for (let round = 0; round < 2; round++) {
      await Promise.all(people.map(() => as(tenant, '/api/test/hold?ms=500')))
    }
    const idle = () =>
      until(
        () => poolOf(tenant),
        (pool) => pool.used === 0 && pool.waiting === 0,
      )
    const before = await idle()
    const started = Date.now()
    let over = false
    const loginsAtOnce = () => Promise.all(people.map((person) => client()('login', person)))
    let during = before
    const watching = until(
      async () => {
        const now = await poolOf(tenant)
        if (now.used + now.waiting > during.used + during.waiting) during = now
      },
      () => over,
      20_000,
    )
    const answers = await loginsAtOnce()
    const elapsed = Date.now() - started
    // Hosts report the less often the more there are: a busy moment shorter than that may end untold. This one is not.
    for (let wave = 1; during.used === 0 && wave < 5; wave++) {
      await setFault(engine, { delayMs: 1000 })
      await loginsAtOnce()
    }
    over = true
    await clearFaults()
    await watching
    const after = await idle()
    const line = ({ size, free, used, waiting }: PoolRow) =>
      `size ${size}, free ${free}, used ${used}, waiting ${waiting}`
    console.info(
      `10 logins at once on ${engine}, database 100 ms away: ${elapsed} ms in all\n` +
        `  before: ${line(before)}\n  during: ${line(during)}\n  after:  ${line(after)}`,
    )

    expect(answers.map((one) => one.status)).toEqual(Array(10).fill(200))
    expect(new Set(answers.map((one) => one.body.user.id)).size).toBe(10)
    expect(before.used).toBe(0)
    expect(during.used).toBeGreaterThan(0)
    expect(during.size).toBeLessThanOrEqual(20)
    expect(after).toMatchObject({ used: 0, waiting: 0 })
    expect(after.free).toBe(after.size)
  })
})

interface PoolRow {
  tenant: string
  size: number
  free: number
  used: number
  waiting: number
}

/** The tenant's pool in the fleet's statistics, which ask no host and run on no connection. */
async function poolOf(tenant: string): Promise<PoolRow> {
  const { body } = await asAdmin<{ hosts: { pools: PoolRow[] }[] }>('/metrics/db-pool')
  const pool = body.hosts.flatMap((host) => host.pools).find((one) => one.tenant === tenant)
  if (!pool) throw new Error(`${tenant} has no pool`)
  return pool
}

describe('sign-in', () => {
  it('stops an address after twenty logins in a minute, and its neighbours not', HASHING, async () => {
    await withinOneMinute(30_000)
    const tenant = newTenant('mongo')
    const wrong = (n: number) => ({ tenant, email: `nobody-${n}@acme.test`, password: PASSWORD })
    const address = newAddress()
    const statuses: number[] = []
    for (let n = 0; n < 22; n++) statuses.push((await client(address)('login', wrong(n))).status)
    expect(statuses.slice(0, 20)).toEqual(Array(20).fill(401))
    expect(statuses.slice(20)).toEqual([429, 429])
    // The same /64, and another one.
    expect((await client(address.replace('::1', '::2'))('login', wrong(1))).status).toBe(429)
    expect((await client()('login', wrong(1))).status).toBe(401)
  })

  it('lets nobody in while Redis cannot be asked, and says so', async () => {
    const { credentials, registered } = await newTenantWithUser('postgres')
    await setFault('redis', { refuse: true })
    for (const [action, body] of [
      ['login', credentials],
      ['register', { ...credentials, email: 'bob@acme.test' }],
      ['refresh', { refresh_token: registered.refresh_token }],
      ['logout', { refresh_token: registered.refresh_token }],
    ] as const) {
      const { status, body: problem, headers } = await client()<Problem>(action, body)
      expect(status).toBe(503)
      expect(problem.code).toBe('sign_in_unavailable')
      expect(headers.get('retry-after')).toBe('1')
    }
    await clearFaults()
    expect((await client()('refresh', { refresh_token: registered.refresh_token })).status).toBe(200)
  })

  it.each([
    ['no password', { email: 'a@b.test' }, 'password'],
    ['a short password', { email: 'a@b.test', password: 'short' }, 'password'],
    ['an operator for an email', { email: { $ne: '' }, password: PASSWORD }, 'email'],
    ['a role', { email: 'a@b.test', password: PASSWORD, role: 'admin' }, 'role'],
  ])('refuses %s and says which field', async (_, body, field) => {
    for (const action of ['login', 'register']) {
      const answer = await client()<Problem>(action, { tenant: 'user_a', ...body })
      expect(answer.status).toBe(400)
      expect(answer.body).toMatchObject({ code: 'invalid_request', field })
    }
  })

  it('wants to know the tenant', async () => {
    const { status, body } = await client()<Problem>('login', { email: 'a@b.test', password: PASSWORD })
    expect(status).toBe(400)
    expect(body).toMatchObject({ code: 'missing_user_id', field: 'tenant' })
  })

  it.each(['nonsense', '.', 'a.b.c', '__proto__.x'])('does not know the refresh token %j', async (token) => {
    const { status, body } = await client()<Problem>('refresh', { refresh_token: token })
    expect(status).toBe(401)
    expect(body.code).toBe('invalid_refresh_token')
  })

  it('knows no other path and no other method', async () => {
    for (const path of ['/api/v1/auth', '/api/v1/auth/', '/api/v1/auth/users']) {
      expect((await send(path, { method: 'POST' })).status).toBe(404)
    }
    expect((await send('/api/v1/auth/login')).status).toBe(405)
  })
})

describe('the users of a tenant', () => {
  it.each([
    '/internal/users',
    '/internal/users/find',
    '/api/../internal/users/find',
    '/api/%2e%2e/internal/users/find',
    '/api/posts/..%2f..%2finternal/users/find',
    '/api/internal/users/find',
    '//internal/users/find',
    '/%69nternal/users/find',
    '/api//internal/users/find',
  ])('cannot be asked for from outside: %s', async (path) => {
    const { tenant, credentials } = await newTenantWithUser('mongo')
    const { status, body } = await send(path, {
      method: 'POST',
      headers: { 'x-user-id': tenant, 'content-type': 'application/json' },
      body: JSON.stringify({ email: credentials.email }),
    })
    // Those that have no canonical form are refused at the door.
    expect([400, 404]).toContain(status)
    expect(JSON.stringify(body)).not.toContain('scrypt')
  })
})

describe('a deployment', () => {
  const body = () => ({ tenant: newTenant('mongo'), email: 'ada@acme.test', password: PASSWORD })
  const post = (content: object) => ({ method: 'POST', body: content })

  it.each([
    ['without Redis', { UPSTASH_REDIS_REST_URL: '', UPSTASH_REDIS_REST_TOKEN: '' }],
    ['with an identity provider', { JWT_SECRET: '', JWT_JWKS_URL: 'https://id.test/keys' }],
  ])('%s has no sign-in and says so', async (_, variables) => {
    const call = workerWith(variables)
    for (const action of ['register', 'login']) {
      const answer = await call<Problem>(`/api/v1/auth/${action}`, {}, post(body()))
      expect(answer.status).toBe(501)
      expect(answer.body.code).toBe('sign_in_off')
    }
  })

  it('lets only its admin register users unless it says otherwise', async () => {
    const call = workerWith({ REGISTRATION: '' })
    const user = body()
    const headers = { 'cf-connecting-ip': newAddress() }
    const stranger = await call<Problem>('/api/v1/auth/register', headers, post(user))
    expect(stranger.status).toBe(401)
    expect(stranger.body.code).toBe('admin_token_required')
    const admin = await call('/api/v1/auth/register', { ...headers, ...ADMIN }, post(user))
    expect(admin.status).toBe(201)
  })

  it('takes the tenant from the host where it has a domain for them', async () => {
    const { tenant, ...credentials } = body()
    const call = workerWith({ TENANT_DOMAIN: 'test' })
    const headers = { 'cf-connecting-ip': newAddress() }
    // The tests' own host is rockpool.test.
    const answer = await call<SignedIn>('/api/v1/auth/register', headers, post(credentials))
    expect(answer.body.user_id ?? answer.body).toBe('rockpool')
    const other = await call<Problem>('/api/v1/auth/register', headers, post({ ...credentials, tenant }))
    expect(other.body).toMatchObject({ code: 'invalid_request', field: 'tenant' })
  })

  it('signs in tenants that have no host, on Postgres over HTTP', async () => {
    const call = workerWith({ STRATEGY: 'isolate' })
    const headers = { 'cf-connecting-ip': newAddress() }
    const user = { tenant: newTenant('postgres'), email: `ada-${Date.now()}@acme.test`, password: PASSWORD }
    const registered = await call<SignedIn>('/api/v1/auth/register', headers, post(user))
    expect(registered.status).toBe(201)
    const again = await call<Problem>('/api/v1/auth/register', headers, post(user))
    expect(again.body.code).toBe('email_taken')
    const { status, body: signedIn } = await call<SignedIn>('/api/v1/auth/login', headers, post(user))
    expect(status).toBe(200)
    expect(signedIn.user).toEqual(registered.body.user)
    const wrong = await call<Problem>(
      '/api/v1/auth/login',
      headers,
      post({ ...user, password: 'x'.repeat(8) }),
    )
    expect(wrong.body.code).toBe('invalid_credentials')
  })
})
