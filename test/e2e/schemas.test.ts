import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Bundled, startBundled } from '../support/bundled.ts'

let worker: Bundled
let admin: pg.Client

beforeAll(async () => {
  worker = await startBundled({
    STRATEGY: 'dedicated',
    DEFAULT_ENGINE: 'postgres',
    TENANT_SOURCES: 'header',
    ENROLLMENT: 'open',
    RATE_LIMITS: 'off',
    DB_POOL_TIMEOUT: '20',
  })
  admin = new pg.Client({ connectionString: worker.stack.postgres.primary.url })
  await admin.connect()
})

afterAll(async () => {
  await admin?.end()
  await worker?.[Symbol.asyncDispose]()
})

async function ask<Body = Record<string, unknown>>(
  path: string,
  headers: Record<string, string>,
  body?: unknown,
  method = body === undefined ? 'GET' : 'POST',
) {
  const answer = await fetch(worker.url + path, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Body }
}

const as = (tenant: string) => ({ 'x-user-id': tenant, 'cache-control': 'no-cache' })
const byAdmin = () => ({ authorization: `Bearer ${worker.variables.ADMIN_TOKEN}` })
const POST = { title: 'a', content: '' }
/** Has the tenant's host look anew, as one after a restart does: another size of its pool is another pool. */
const restart = (tenant: string, tier: string) =>
  ask(`/admin/tenants/${tenant}`, byAdmin(), { tier }, 'PATCH')

describe('a tenant whose schema is up to date', () => {
  it('is served by a host that has just begun, while somebody holds a transaction that writes', async () => {
    expect((await ask('/api/posts', as('busy'), POST)).status).toBe(201)
    expect((await restart('busy', 'basic')).status).toBe(200)
    await admin.query('BEGIN')
    try {
      await admin.query(`UPDATE "tenant_busy".posts SET title = 'held'`)
      expect((await ask('/api/posts', as('busy'))).status).toBe(200)
    } finally {
      await admin.query('ROLLBACK')
    }
  })

  it('is served with a role that may make nothing', async () => {
    await admin.query(`CREATE ROLE limited LOGIN PASSWORD 'limited'`)
    expect((await ask('/api/posts', as('kept'), POST)).status).toBe(201)
    await admin.query('GRANT USAGE ON SCHEMA "tenant_kept" TO limited')
    await admin.query('GRANT ALL ON ALL TABLES IN SCHEMA "tenant_kept" TO limited')
    const url = new URL(worker.stack.postgres.primary.url)
    url.username = 'limited'
    url.password = 'limited'
    await using limited = await startBundled({
      STRATEGY: 'dedicated',
      DEFAULT_ENGINE: 'postgres',
      TENANT_SOURCES: 'header',
      ENROLLMENT: 'open',
      RATE_LIMITS: 'off',
      DB_PRIMARY_DB_URL: url.href,
      DB_REPLICA_DB_URL: undefined,
      NEON_WS_PROXY: worker.variables.NEON_WS_PROXY?.split(',')[0],
    })
    const answer = await fetch(`${limited.url}/api/posts`, { headers: as('kept') })
    expect(answer.status).toBe(200)
    const refused = await fetch(`${limited.url}/api/posts`, { headers: as('never-made') })
    expect(refused.status).toBe(502)
    expect(await refused.json()).toMatchObject({
      code: 'database_refused',
      detail: expect.stringContaining('CREATE'),
    })
  })
})

describe('a tenant whose schema is gone', () => {
  it('gets it back with the next request, and is told to come again', async () => {
    expect((await ask('/api/posts', as('lost'), POST)).status).toBe(201)
    await new Promise((resolve) => setTimeout(resolve, 10_100))
    await admin.query('DROP SCHEMA "tenant_lost" CASCADE')
    const first = await ask('/api/posts', as('lost'))
    expect([first.status, first.body.code]).toEqual([503, 'schema_missing'])
    expect(first.headers.get('retry-after')).toBe('1')
    expect((await ask('/api/posts', as('lost'), POST)).status).toBe(201)
    expect((await ask<{ posts: unknown[] }>('/api/posts', as('lost'))).body.posts).toHaveLength(1)
  })
})

describe('onboarding', () => {
  it.each([
    ['a table of another form', 'posts', 'CREATE TABLE "tenant_%".posts (n int)', /posts.*no column/],
    [
      'a users table without our columns',
      'users',
      'CREATE TABLE "tenant_%".users (id int, login text)',
      /users.*no column/,
    ],
    ['a view', 'tasks', 'CREATE VIEW "tenant_%".tasks AS SELECT 1 AS n', /tasks.*no table|tasks.*no column/],
  ])(
    'is refused where there is something else of the name, and says what: %s',
    async (_, name, statement, reason) => {
      const id = `foreign-${name}`
      await admin.query(`CREATE SCHEMA "tenant_${id}"`)
      await admin.query(statement.replace('%', id))
      const { status, body } = await ask<{ code: string; detail: string }>('/admin/tenants', byAdmin(), {
        id,
        engine: 'postgres',
      })
      expect([status, body.code]).toEqual([409, 'schema_conflict'])
      expect(body.detail).toMatch(reason)
      expect((await ask(`/admin/tenants/${id}`, byAdmin())).status).toBe(404)
    },
  )

  it('does not wait for ever for what another holds', async () => {
    await admin.query('BEGIN')
    try {
      await admin.query(`SELECT pg_advisory_xact_lock(hashtextextended('tenant_held', 0))`)
      const { status, body, headers } = await ask('/admin/tenants', byAdmin(), {
        id: 'held',
        engine: 'postgres',
      })
      expect([status, body.code]).toEqual([503, 'transaction_conflict'])
      expect(headers.get('retry-after')).toBe('1')
    } finally {
      await admin.query('ROLLBACK')
    }
    expect((await ask('/admin/tenants', byAdmin(), { id: 'held', engine: 'postgres' })).status).toBe(201)
  })
})
