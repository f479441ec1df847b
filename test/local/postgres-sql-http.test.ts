import { neon } from '@neondatabase/serverless'
import { beforeAll, describe, expect, test } from 'vitest'
import { startPostgresProxy } from '../../dev/local/postgres/proxy.ts'
import { sharedPostgres } from './support/postgres.ts'

const postgres = sharedPostgres()
beforeAll(() => postgres.admin.query('CREATE TABLE account (id int PRIMARY KEY, name text)'))

describe('a batch', () => {
  test('is one transaction', async () => {
    const sql = neon(postgres.server.url)
    const [a, b] = await sql.transaction([sql`SELECT txid_current() AS id`, sql`SELECT txid_current() AS id`])
    expect(a).toEqual(b)
    expect(await sql.transaction([])).toEqual([])
  })

  test('leaves nothing behind when one of its queries fails', async () => {
    const sql = neon(postgres.server.url)
    const batch = sql.transaction([sql`INSERT INTO account VALUES (50, 'a')`, sql`SELECT 1 / 0`])
    await expect(batch).rejects.toMatchObject({ name: 'NeonDbError', code: '22012' })
    expect(await sql`SELECT * FROM account WHERE id = 50`).toEqual([])
  })

  test.each([
    ['ReadUncommitted', 'read uncommitted'],
    ['ReadCommitted', 'read committed'],
    ['RepeatableRead', 'repeatable read'],
    ['Serializable', 'serializable'],
  ] as const)('runs with isolation level %s', async (isolationLevel, expected) => {
    const sql = neon(postgres.server.url)
    const [rows] = await sql.transaction([sql`SHOW transaction_isolation`], { isolationLevel })
    expect(rows).toEqual([{ transaction_isolation: expected }])
  })

  test('is read only and deferrable when asked to be, and only then', async () => {
    const sql = neon(postgres.server.url)
    const show = () => [sql`SHOW transaction_read_only`, sql`SHOW transaction_deferrable`]
    const options = { isolationLevel: 'Serializable', readOnly: true, deferrable: true } as const
    expect(await sql.transaction(show(), options)).toEqual([
      [{ transaction_read_only: 'on' }],
      [{ transaction_deferrable: 'on' }],
    ])
    expect(await sql.transaction(show(), { readOnly: false, deferrable: false })).toEqual([
      [{ transaction_read_only: 'off' }],
      [{ transaction_deferrable: 'off' }],
    ])
    const write = sql.transaction([sql`INSERT INTO account VALUES (51, 'a')`], { readOnly: true })
    await expect(write).rejects.toMatchObject({ code: '25006' })
  })

  test('keeps the shape that each of its queries asks for', async () => {
    const sql = neon(postgres.server.url)
    const objectQuery = sql.query('SELECT 1 AS a')
    // The driver allows it (README, "transaction"), its types do not.
    const [objects, arrays] = await sql.transaction([
      objectQuery,
      sql.query('SELECT 1 AS a', [], { arrayMode: true }) as unknown as typeof objectQuery,
    ])
    expect([objects, arrays]).toEqual([[{ a: 1 }], [[1]]])
  })

  test('says in the response how it ran', async () => {
    const response = await post(
      { queries: [{ query: 'SELECT 1' }] },
      { 'Neon-Batch-Isolation-Level': 'Serializable' },
    )
    expect(response.headers.get('neon-batch-isolation-level')).toBe('Serializable')
    const wrong = await post({ queries: [] }, { 'Neon-Batch-Isolation-Level': 'serializable' })
    expect(wrong.status).toBe(400)
    expect(await wrong.json()).toMatchObject({ message: 'invalid isolation level' })
  })
})

describe('the HTTP side', () => {
  test('answers in text, as objects too, when another client asks for it', async () => {
    const response = await post(
      { query: 'SELECT 1 AS a, NULL AS b, true AS c' },
      { 'Neon-Array-Mode': 'false' },
    )
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ rowAsArray: false, rows: [{ a: '1', b: null, c: 't' }] })
  })

  test('lets web pages in as Neon does', async () => {
    const preflight = await fetch(`${postgres.proxy.url}/sql`, { method: 'OPTIONS' })
    expect(preflight.status).toBe(200)
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-max-age': '86400',
      allow: 'OPTIONS, POST',
    })
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Neon-Connection-String')
    expect((await post({ query: 'SELEC' })).headers.get('access-control-allow-origin')).toBe('*')
  })

  test.each<[what: string, body: unknown]>([
    ['no object', [1]],
    ['no query', {}],
    ['a query that is no string', { query: 1 }],
    ['params that are no array', { query: 'SELECT 1', params: { 0: 'a' } }],
    ['queries that are no array', { queries: 'SELECT 1' }],
    ['a batch with something else in it', { queries: ['SELECT 1'] }],
  ])('refuses %s with a message that the driver can read', async (_what, body) => {
    const response = await post(body)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ message: expect.any(String) })
  })

  test.each([
    ['no JSON', '{"query":', {}],
    ['no connection string', '{"query":"SELECT 1"}', { 'Neon-Connection-String': '' }],
    ['another protocol', '{"query":"SELECT 1"}', { 'Neon-Connection-String': 'mysql://a:b@c/d' }],
    ['no user', '{"query":"SELECT 1"}', { 'Neon-Connection-String': 'postgres://c/d' }],
    ['no database', '{"query":"SELECT 1"}', { 'Neon-Connection-String': 'postgres://a:b@c/' }],
  ])('refuses %s', async (_what, body, headers) => {
    const response = await post(body, headers)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ message: expect.any(String) })
  })

  test('refuses what is too large, and stops a query whose rows nobody could take', async () => {
    const sql = neon(postgres.server.url)
    await expect(sql.query('SELECT $1::text', ['x'.repeat(11_000_000)])).rejects.toThrow('HTTP status 413')
    const endless = "SELECT repeat('x', 1000) AS endless, generate_series(1, 100000000)"
    await expect(sql.query(endless)).rejects.toThrow('HTTP status 507): {"message":"response is too large')
    await expect.poll(() => countActive('%endless%')).toBe(0)
  })

  test('cancels the query of a client that goes away', async () => {
    const leaving = new AbortController()
    const sql = neon(postgres.server.url, { fetchOptions: { signal: leaving.signal } })
    const query = sql`SELECT pg_sleep(60) AS abandoned`.catch((error: Error) => error)
    await expect.poll(() => countActive('%abandoned%')).toBe(1)
    leaving.abort()
    expect(await query).toBeInstanceOf(Error)
    await expect.poll(() => countActive('%abandoned%')).toBe(0)
  })

  test('keeps few connections, uses them again, and none that was left in a transaction', async () => {
    const url = `${postgres.server.url}?application_name=counted`
    const sql = neon(url)
    await Promise.all(Array.from({ length: 40 }, () => sql`SELECT pg_sleep(0.01)`))
    expect(await countNamed('counted')).toBeLessThanOrEqual(10)
    const pids = await Promise.all(Array.from({ length: 40 }, () => sql`SELECT pg_backend_pid() AS pid`))
    expect(new Set(pids.map((rows) => rows[0]?.pid)).size).toBeLessThanOrEqual(10)
    await sql`BEGIN`
    await expect.poll(() => countActive('%BEGIN%', 'idle in transaction')).toBe(0)
  })

  test('serves no more connection strings at once than its connections allow', async () => {
    const urls = Array.from({ length: 25 }, (_, n) => `${postgres.server.url}?application_name=tenant_${n}`)
    for (const url of urls) expect(await neon(url)`SELECT 1 AS one`).toEqual([{ one: 1 }])
    const all = await Promise.allSettled(urls.map((url) => neon(url)`SELECT pg_sleep(0.3)`))
    const refused = all.filter((result) => result.status === 'rejected')
    expect(refused).toHaveLength(5)
    expect(refused[0]?.reason).toMatchObject({ name: 'NeonDbError', code: '53300' })
  })

  test('says so when Postgres cannot be reached', async () => {
    const other = await startPostgresProxy({ target: { host: '127.0.0.1', port: 1 } })
    try {
      const headers = { 'Neon-Connection-String': 'postgres://a:b@127.0.0.1:1/c' }
      const response = await post({ query: 'SELECT 1' }, headers, other.url)
      expect(response.status).toBe(500)
      expect(await response.json()).toMatchObject({ message: expect.stringContaining('ECONNREFUSED') })
    } finally {
      await other.close()
    }
  })

  test('refuses a server that it does not lead to, instead of asking its own', async () => {
    const headers = { 'Neon-Connection-String': 'postgres://a:b@db.example.com/c' }
    const response = await post({ query: 'SELECT 1' }, headers)
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({ message: expect.stringContaining('db.example.com:5432') })
  })

  test('closes its connections with the proxy', async () => {
    const other = await startPostgresProxy({ target: { host: '127.0.0.1', port: postgres.server.port } })
    const url = `${postgres.server.url}?application_name=closing`
    const headers = { 'Neon-Connection-String': url }
    await Promise.all(
      Array.from({ length: 3 }, () => post({ query: 'SELECT pg_sleep(0.05)' }, headers, other.url)),
    )
    expect(await countNamed('closing')).toBe(3)
    await other.close()
    await expect.poll(() => countNamed('closing')).toBe(0)
  })
})

async function post(
  body: unknown,
  headers: Record<string, string> = {},
  url = postgres.proxy.url,
): Promise<Response> {
  return fetch(`${url}/sql`, {
    method: 'POST',
    headers: {
      'Neon-Connection-String': postgres.server.url,
      'Neon-Raw-Text-Output': 'true',
      'Neon-Array-Mode': 'true',
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

async function countActive(query: string, state = 'active'): Promise<number> {
  const { rows } = await postgres.admin.query(
    'SELECT count(*)::int AS count FROM pg_stat_activity WHERE query LIKE $1 AND state = $2 AND pid <> pg_backend_pid()',
    [query, state],
  )
  return rows[0].count
}

async function countNamed(name: string): Promise<number> {
  const { rows } = await postgres.admin.query(
    'SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = $1',
    [name],
  )
  return rows[0].count
}
