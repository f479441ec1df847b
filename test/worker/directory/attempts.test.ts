import { env } from 'cloudflare:workers'
import { sign } from 'hono/jwt'
import { beforeAll, describe, expect, it } from 'vitest'
import { as, asAdmin, ENGINES, headersOf, send, unknownTenant } from '../support.ts'

/** A request of the thief's that tries to get at the victim's. */
interface Attempt {
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

interface Victim {
  readonly id: string
  readonly post: string
}

/** The victim's rate limit: long enough to be in no request id by chance. */
const RATE_LIMIT = 987_653

/** What a tenant can send, and the answer that it may get: its own, or a refusal. */
const ATTEMPTS: readonly (readonly [string, (victim: Victim, thief: string) => Attempt])[] = [
  ['?user_id beside the header', ({ id }) => ({ path: `/api/posts?user_id=${id}` })],
  ['?user_id twice', ({ id }, thief) => ({ path: `/api/posts?user_id=${thief}&user_id=${id}` })],
  ['?tenant', ({ id }) => ({ path: `/api/posts?tenant=${id}&id=${id}&tenant_id=${id}` })],
  ['two ids in the header', ({ id }, thief) => ({ headers: { 'x-user-id': `${thief}, ${id}` } })],
  [
    'two ids in the header, the other first',
    ({ id }, thief) => ({ headers: { 'x-user-id': `${id},${thief}` } }),
  ],
  ['upper case', ({ id }) => ({ headers: { 'x-user-id': id.toUpperCase() } })],
  ['a quoted name', (_, thief) => ({ headers: { 'x-user-id': `${thief}"."posts` } })],
  ['the schema', ({ id }) => ({ headers: { 'x-user-id': `x"; SET search_path TO "tenant_${id}` } })],
  ['the database', ({ id }) => ({ headers: { 'x-user-id': `../user_${id}_db` } })],
  [
    'another letter for one',
    ({ id }) => ({ path: `/api/posts?user_id=${encodeURIComponent(`${id}\u200b`)}` }),
  ],
  ['the header of the hop', ({ id }) => ({ headers: { 'x-rockpool-call': callOf(id) } })],
  ['other headers', ({ id }) => ({ headers: otherHeaders(id) })],
  ['a token that nobody signed', ({ id }) => ({ headers: { authorization: unsigned(id) } })],
  ['the id in the path', ({ id }) => ({ path: `/api/posts/${id}` })],
  ['the id before the path', ({ id }) => ({ path: `/api/${id}/posts` })],
  ['a path that climbs', ({ id }) => ({ path: `/api/posts/..%2f..%2fadmin%2ftenants%2f${id}` })],
  ['the post', ({ post }) => ({ path: `/api/posts/${post}` })],
  [
    'the post, changed',
    ({ post }) => ({ path: `/api/posts/${post}`, method: 'PUT', body: { title: 'stolen' } }),
  ],
  ['the post, deleted', ({ post }) => ({ path: `/api/posts/${post}`, method: 'DELETE' })],
  ['a body with an id', ({ id }) => ({ method: 'POST', body: { title: 'x', content: '', user_id: id } })],
  [
    'a body with a tenant',
    ({ id }) => ({ method: 'POST', body: { title: 'x', content: '', tenant: { id } } }),
  ],
  [
    'a prototype',
    ({ id }) => ({ method: 'POST', body: `{"title":"x","content":"","__proto__":{"id":"${id}"}}` }),
  ],
  [
    'a page with a query',
    ({ id }) => ({ path: `/api/posts?page=1%20UNION%20SELECT%20*%20FROM%20tenant_${id}.posts` }),
  ],
  ['a limit with an operator', () => ({ path: '/api/posts?limit[$gt]=0&page[$ne]=0' })],
  ['an id with an operator', () => ({ path: '/api/posts/%7B%22$ne%22%3Anull%7D' })],
  ['the record', ({ id }) => ({ path: `/admin/tenants/${id}` })],
  [
    'the record, suspended',
    ({ id }) => ({ path: `/admin/tenants/${id}`, method: 'PATCH', body: { status: 'suspended' } }),
  ],
  ['the record, deleted', ({ id }) => ({ path: `/admin/tenants/${id}?purge=true`, method: 'DELETE' })],
  ['all records', () => ({ path: '/admin/tenants' })],
  ['a record of its own making', ({ id }) => ({ path: '/admin/tenants', method: 'POST', body: { id } })],
  ['its pool', ({ id }) => ({ path: `/admin/connections/${id}` })],
  ['its pool, closed', ({ id }) => ({ path: `/admin/connections/${id}`, method: 'DELETE' })],
  ['its pool, recycled', ({ id }) => ({ path: `/admin/connections/${id}/recycle`, method: 'POST' })],
  ['a pause', ({ id }) => ({ path: '/admin/pause', method: 'POST', body: { user_id: id } })],
  ["everybody's statistics", () => ({ path: '/metrics/db-pool' })],
  ['the fleet', () => ({ path: '/admin/fleet' })],
  ['health', () => ({ path: '/health' })],
]

describe.each(ENGINES)('a tenant on %s', (engine) => {
  const [victim, thief] = [unknownTenant(), unknownTenant()]
  const secret = `secret-of-${victim}`
  let post = ''

  beforeAll(async () => {
    for (const id of [victim, thief]) {
      await asAdmin('/admin/tenants', 'POST', { id, engine, name: `name-of-${id}`, rate_limit: RATE_LIMIT })
    }
    const created = await as<{ post_id: string }>(victim, '/api/posts', 'POST', {
      title: secret,
      content: secret,
    })
    post = created.body.post_id
  })

  describe.each([
    ['by header', (): Promise<Record<string, string>> => Promise.resolve(headersOf(thief))],
    ['by token', async () => ({ authorization: `Bearer ${await token(thief)}` })],
    [
      'by token, with the other in the header',
      async () => ({ authorization: `Bearer ${await token(thief)}`, 'x-user-id': victim }),
    ],
  ])('known %s', (_, identity) => {
    it.each(ATTEMPTS)('gets nothing of another by %s', async (_name, attempt) => {
      const { path = '/api/posts', method = 'GET', headers = {}, body } = attempt({ id: victim, post }, thief)
      const own = await identity()
      const { status, body: answer } = await send(path, {
        method,
        // Who has a token can send any header beside it, but loses the token with a header of that name.
        headers: { ...own, ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const said = JSON.stringify(answer)
      const hidden = [secret, `name-of-${victim}`, String(RATE_LIMIT), 'dedicated:']
      for (const one of hidden) expect(said).not.toContain(one)
      if (status < 300 && path !== '/health') expect(answer.user_id).toBe(thief)
      else if (path !== '/health') expect([400, 401, 403, 404]).toContain(status)

      expect((await as(victim, `/api/posts/${post}`)).body).toMatchObject({ post: { title: secret } })
      const { body: posts } = await as<{ posts: unknown[] }>(victim, '/api/posts')
      expect(posts.posts).toHaveLength(1)
      expect((await asAdmin(`/admin/tenants/${victim}`)).body).toMatchObject({
        status: 'active',
        rate_limit: RATE_LIMIT,
      })
    })
  })
})

function token(user_id: string): Promise<string> {
  return sign({ user_id, exp: Math.floor(Date.now() / 1000) + 60 }, env.JWT_SECRET, 'HS256')
}

function unsigned(user_id: string): string {
  const part = (value: unknown) => btoa(JSON.stringify(value)).replaceAll('=', '')
  return `Bearer ${part({ alg: 'none', typ: 'JWT' })}.${part({ user_id, exp: 4_000_000_000 })}.`
}

function callOf(id: string): string {
  const pool = { key: id, tenant: id, minSize: 1, maxSize: 1 }
  const tenant = { id, tier: 'free', engine: 'postgres' }
  return JSON.stringify({ host: `dedicated:${id}`, tenant, pool, requestId: 'x' })
}

function otherHeaders(id: string): Record<string, string> {
  const names = [
    'x-tenant-id',
    'x-tenant',
    'x-forwarded-user',
    'x-original-url',
    'x-http-method-override',
    'cookie',
  ]
  return Object.fromEntries(names.map((name) => [name, name === 'cookie' ? `user_id=${id}` : id]))
}
