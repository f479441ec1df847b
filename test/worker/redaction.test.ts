import { env, exports } from 'cloudflare:workers'
import { SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LEVELS } from '../../src/telemetry/events.ts'
import { captureLog, type LogLine } from './log-lines.ts'
import {
  ADMIN,
  as,
  asAdmin,
  clearFaults,
  cut,
  ENGINES,
  headersOf,
  newTenant,
  send,
  setFault,
  unknownTenant,
  until,
  workerWith,
} from './support.ts'

/** Whatever a caller or a deployment must not find again holds this word, in one case or another. */
const MARK = 'marked'
const CONNECTION = `postgres://app:${MARK}-password@127.0.0.1:1/${MARK}-database`

/** What no line and no answer may show although it cannot be marked: found out, or the deployment's own. */
const secrets = [
  env.ADMIN_TOKEN,
  env.JWT_SECRET,
  env.UPSTASH_REDIS_REST_TOKEN,
  new URL(env.DB_PRIMARY_DB_URL).host,
]

/** What every request carries beside what it is about. */
const BAGGAGE = {
  cookie: `session=${MARK}-cookie`,
  'user-agent': `${MARK}-agent`,
  referer: `https://${MARK}.test/`,
  'x-forwarded-for': `${MARK}-address`,
  'cf-connecting-ip': '203.0.113.99',
  'x-request-id': `${MARK} request id`,
  traceparent: `00-${MARK}`,
  tracestate: `${MARK}=1`,
  'x-rockpool-call': `${MARK}-call`,
  'x-rockpool-spent': `${MARK}-spent`,
}

const EMAIL = `${MARK}@example.test`
const PASSWORD = `${MARK}-password`
const POST = { title: `${MARK}-title`, content: `${MARK}-content`, tags: [`${MARK}-tag`] }

let lines: LogLine[] = []

beforeEach(() => {
  lines = captureLog()
})

afterEach(async () => {
  vi.restoreAllMocks()
  await clearFaults()
})

/** Holds what was logged to the list of events and to saying nothing. */
function expectNoSecret(...more: string[]): void {
  expect(lines.length).toBeGreaterThan(0)
  const words = [MARK, '203.0.113.', ...secrets, ...more].map((word) => word.toLowerCase())
  for (const line of lines) {
    const text = JSON.stringify(line).toLowerCase()
    for (const word of words) expect(text).not.toContain(word)
    expect(Object.keys(LEVELS), text).toContain(line.event)
  }
}

/** The body; of a stream, which goes on for minutes, what comes first. */
async function textOf(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response.text()
  const reader = response.body?.getReader()
  const first = await reader?.read()
  await reader?.cancel()
  return new TextDecoder().decode(first?.value)
}

/** Sends a request as it is, and returns its answer as text, headers included. */
async function shown(path: string, init: RequestInit): Promise<{ status: number; text: string }> {
  const response = await exports.default.fetch(`http://rockpool.test${path}`, init)
  const { status, headers } = response
  return { status, text: `${JSON.stringify([...headers])} ${await textOf(response)}` }
}

interface Schema {
  type?: string | string[]
  enum?: unknown[]
  properties?: Record<string, Schema>
}

interface Document {
  paths: Record<
    string,
    Record<string, { requestBody?: { content: { 'application/json': { schema: Schema } } } }>
  >
}

/** Something marked, where the field takes that. */
function marked(name: string, { type, enum: words }: Schema): unknown {
  if (name === 'email') return EMAIL
  if (name === 'connection_string') return CONNECTION
  if (words) return words[0]
  if (type === 'array') return []
  return type === 'string' || type?.includes('string') ? `${MARK}-${name}` : 1
}

/** Every documented operation, filled in: an id where the admin acts on a tenant, else something marked. */
async function operations(tenant: string, ids: Record<string, string>) {
  const { body } = await send<Document>('/openapi.json')
  return Object.entries(body.paths).flatMap(([pattern, item]) =>
    Object.entries(item).map(([name, { requestBody }]) => {
      const value = pattern.startsWith('/admin') ? tenant : `${MARK}-parameter`
      const path = pattern.replace(/\{\w+\}/g, value)
      const fields = Object.entries(requestBody?.content['application/json'].schema.properties ?? {})
      const filled = Object.fromEntries(
        fields.map(([field, schema]) => [field, ids[field] ?? marked(field, schema)]),
      )
      return {
        method: name.toUpperCase(),
        path: `${path}?tag=${MARK}-tag&q=${MARK}`,
        pattern,
        ...(requestBody && { body: JSON.stringify(filled) }),
      }
    }),
  )
}

describe('no line and no refusal shows what a caller sent', () => {
  it.each([
    ['the header of a tenant', headersOf, 'POST /api/posts', 201],
    ['an id that is none', () => ({ 'x-user-id': `${MARK} user!` }), 'POST /api/posts', 400],
    [
      'a token that is none',
      () => ({ authorization: `Bearer ${MARK}.${MARK}.${MARK}` }),
      'POST /api/posts',
      401,
    ],
    ['a password in clear', () => ({ authorization: `Basic ${MARK}` }), 'POST /api/posts', 401],
    ['the admin token', () => ADMIN, 'POST /admin/pause', 200],
  ] as const)('on any documented route, with %s', async (_, headersFor, reached, status) => {
    const tenant = newTenant('postgres')
    const headers = { ...BAGGAGE, ...headersFor(tenant), 'content-type': 'application/json' }
    const all = await operations(unknownTenant(), { id: unknownTenant(), tenant, user_id: tenant })
    expect(all.length).toBeGreaterThan(30)
    const statuses = new Map<string, number>()
    for (const { method, path, pattern, body } of all) {
      const answer = await shown(path, { method, headers, ...(body && { body }) })
      statuses.set(`${method} ${pattern}`, answer.status)
      // What a tenant wrote it may read; whoever is refused has nothing to read.
      if (answer.status >= 400) expect(answer.text.toLowerCase(), `${method} ${pattern}`).not.toContain(MARK)
      for (const secret of [...secrets, PASSWORD, `${MARK}-cookie`]) expect(answer.text).not.toContain(secret)
    }
    expect(statuses.get(reached)).toBe(status)
    await asAdmin('/admin/resume', 'POST', { user_id: tenant })
    await asAdmin('/admin/resume', 'POST', {})
    const patterns = new Set(all.map(({ pattern }) => pattern.replace(/\{(\w+)\}/g, ':$1')))
    const requests = lines.filter((line) => line.event === 'request')
    expect(requests.length).toBeGreaterThan(30)
    for (const { route } of requests) expect([...patterns, 'unknown']).toContain(route)
    expectNoSecret()
  })

  it.each(ENGINES)('when a user signs up and in on %s', async (engine) => {
    const tenant = newTenant(engine)
    const credentials = { tenant, email: EMAIL, password: PASSWORD }
    const call = (action: string, body: object) =>
      send<{ access_token: string; refresh_token: string }>(`/api/v1/auth/${action}`, {
        method: 'POST',
        headers: { ...BAGGAGE, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const { status, body: first } = await call('register', credentials)
    expect(status).toBe(201)
    expect((await call('register', credentials)).status).toBe(409)
    expect((await call('login', { ...credentials, password: `${MARK}-wrong-password` })).status).toBe(401)
    const { refresh_token } = first
    expect((await call('refresh', { refresh_token })).status).toBe(200)
    // A second time: somebody has stolen it.
    expect((await call('refresh', { refresh_token })).status).toBe(401)
    const headers = { authorization: `Bearer ${first.access_token}` }
    expect((await send('/api/posts', { headers })).status).toBe(200)
    expectNoSecret(first.access_token, refresh_token)
  })

  it.each(ENGINES)('when something is wrong with a request on %s', async (engine) => {
    const tenant = newTenant(engine)
    const key = new TextEncoder().encode(`${MARK}-secret-of-somebody-else`.padEnd(32, 'x'))
    const foreign = await new SignJWT({ user_id: tenant, email: EMAIL })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('5m')
      .sign(key)
    const json = { ...BAGGAGE, ...headersOf(tenant), 'content-type': 'application/json' }
    const attempts: [number, string, RequestInit][] = [
      [400, '/api/posts', { method: 'POST', headers: json, body: `{"title": "${MARK}` }],
      [400, '/api/posts', { method: 'POST', headers: json, body: JSON.stringify([MARK]) }],
      [415, '/api/posts', { method: 'POST', headers: { ...headersOf(tenant), ...BAGGAGE }, body: MARK }],
      [401, '/api/posts', { headers: { ...BAGGAGE, authorization: `Bearer ${foreign}` } }],
      [400, `/api/posts?limit=${MARK}`, { headers: json }],
      [400, `/api/posts?user_id=${MARK}%20user`, { headers: BAGGAGE }],
      [404, `/${MARK}/path`, { headers: json }],
      [500, `/api/test/bad-statement?q=${MARK}`, { headers: json }],
    ]
    for (const [expected, path, init] of attempts) {
      const { status, text } = await shown(path, init)
      expect([status, path]).toEqual([expected, path])
      expect(text.toLowerCase()).not.toContain(MARK)
    }
    // Not every database can hold it; whichever way it ends, nothing is told of it.
    const title = `${MARK}\u0000title`
    await shown('/api/posts', { method: 'POST', headers: json, body: JSON.stringify({ ...POST, title }) })
    expectNoSecret(foreign)
  })

  it.each(ENGINES)('when a statement on %s is slow', async (engine) => {
    const tenant = newTenant(engine)
    await as(tenant, '/api/posts', 'POST', POST)
    await setFault(engine, { delayMs: 1_100 })
    expect((await as(tenant, `/api/posts?tag=${MARK}-tag`)).status).toBe(200)
    await as(tenant, '/api/posts', 'POST', POST)
    await as(tenant, '/api/company/users', 'POST', { email: EMAIL, name: `${MARK} name`, role: 'member' })
    const statements = lines.filter(({ event }) => event === 'query.slow').map(({ statement }) => statement)
    expect(statements.length).toBeGreaterThanOrEqual(3)
    expect(statements.join()).toMatch(
      engine === 'mongo' ? /insertOne posts .*content/ : /INSERT INTO .*posts/,
    )
    expectNoSecret()
  })
})

describe('no line shows what a deployment keeps to itself', () => {
  it.each(ENGINES)('while %s is down', async (engine) => {
    const tenant = newTenant(engine)
    await as(tenant, '/api/posts')
    await setFault(engine, { refuse: true })
    await cut(engine)
    const headers = { ...BAGGAGE, ...headersOf(tenant), 'cache-control': 'no-cache' }
    for (const path of ['/api/posts', `/api/posts/${MARK}-id`, '/health']) {
      expect((await shown(path, { headers })).text.toLowerCase()).not.toContain(MARK)
    }
    const { status } = await shown('/api/posts', { headers: { ...headers, ...headersOf(newTenant(engine)) } })
    expect(status).toBe(503)
    expectNoSecret()
  })

  it('while Redis is down', async () => {
    const tenant = newTenant('postgres')
    await as(tenant, '/api/posts')
    await setFault('redis', { refuse: true })
    await shown('/api/posts', { headers: { ...BAGGAGE, ...headersOf(tenant) } })
    await shown('/api/posts', { headers: { ...BAGGAGE, ...headersOf(unknownTenant()) } })
    const credentials = { tenant, email: EMAIL, password: PASSWORD }
    await as(tenant, '/api/v1/auth/login', 'POST', credentials)
    await until(
      async () => lines,
      (all) => all.some(({ event }) => event === 'limiter.down'),
    )
    expectNoSecret()
  })

  it('with variables that are wrong', async () => {
    const broken = workerWith({
      JWT_SECRET: `${MARK}-short`,
      DB_PRIMARY_DB_URL: `https://${MARK}`,
      ADMIN_TOKEN: MARK,
      TENANTS: `{"${MARK}": {"tier": "${MARK}"}}`,
    })
    expect((await broken('/api/posts', BAGGAGE)).status).toBe(503)
    expect(lines.some(({ event }) => event === 'config.invalid')).toBe(true)
    expectNoSecret()
  })

  it('with a database that is not there, in the placement isolate', async () => {
    const nowhere = workerWith({ STRATEGY: 'isolate', DB_PRIMARY_DB_URL: CONNECTION })
    const { status, body } = await nowhere('/api/posts', { ...BAGGAGE, ...headersOf(newTenant('postgres')) })
    expect(status).toBeGreaterThanOrEqual(500)
    expect(JSON.stringify(body)).not.toContain(MARK)
    expectNoSecret()
  })

  it('of the connection string that a tenant brings, accepted or refused', async () => {
    const refused = await asAdmin('/admin/tenants', 'POST', {
      id: unknownTenant(),
      engine: 'postgres',
      placement: 'dedicated',
      connection_string: CONNECTION,
    })
    expect([refused.status, refused.body.field]).toEqual([400, 'connection_string'])
    const own = new URL(env.DB_PRIMARY_DB_URL)
    own.searchParams.set('sslmode', 'disable')
    const id = unknownTenant()
    const accepted = await asAdmin('/admin/tenants', 'POST', {
      id,
      engine: 'postgres',
      placement: 'dedicated',
      connection_string: own.href,
    })
    expect(accepted.status).toBe(201)
    expect((await as(id, '/api/posts')).status).toBe(200)
    await asAdmin(`/admin/connections/${id}`, 'DELETE')
    for (const { body } of [refused, accepted]) expect(JSON.stringify(body)).not.toContain(MARK)
    expectNoSecret(own.href)
  })
})
