import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Bundled, startBundled } from '../support/bundled.ts'

/** What an administrator may have set for a database or a role, each of which says how values are written. */
const SETTINGS = {
  datestyle: 'German, DMY',
  intervalstyle: 'iso_8601',
  timezone: 'Asia/Tokyo',
  extra_float_digits: '-15',
  bytea_output: 'escape',
  xmlbinary: 'hex',
  default_transaction_isolation: 'serializable',
  array_nulls: 'off',
}

describe.each([
  ['in pools', 'dedicated'],
  ['over HTTP', 'isolate'],
])('a Postgres whose settings are odd, %s', (_, strategy) => {
  let worker: Bundled
  let admin: pg.Client

  beforeAll(async () => {
    worker = await startBundled({
      STRATEGY: strategy,
      DEFAULT_ENGINE: 'postgres',
      TENANT_SOURCES: 'header',
      ENROLLMENT: 'open',
      RATE_LIMITS: 'off',
    })
    admin = new pg.Client({ connectionString: worker.stack.postgres.primary.url })
    await admin.connect()
    const { rows } = await admin.query<{ name: string; role: string }>(
      'SELECT current_database() AS name, current_user AS role',
    )
    for (const [name, value] of Object.entries(SETTINGS)) {
      await admin.query(`ALTER DATABASE "${rows[0]?.name}" SET ${name} = '${value}'`)
      await admin.query(`ALTER ROLE "${rows[0]?.role}" SET ${name} = '${value}'`)
    }
  })

  afterAll(async () => {
    await admin?.end()
    await worker?.[Symbol.asyncDispose]()
  })

  const ask = async <Body = Record<string, unknown>>(
    path: string,
    method = 'GET',
    body?: unknown,
    headers = {},
  ) => {
    const answer = await fetch(worker.url + path, {
      method,
      headers: {
        'x-user-id': 'odd',
        ...headers,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Body }
  }
  const create = async (content = '') =>
    (await ask<{ post_id: string }>('/api/posts', 'POST', { title: 'a', content })).body.post_id

  it('answers with the same times as any other', async () => {
    const id = await create()
    const { body } = await ask<{ post: { created_at: string; updated_at: string } }>(`/api/posts/${id}`)
    expect(Math.abs(Date.parse(body.post.created_at) - Date.now())).toBeLessThan(600_000)
    expect(body.post.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    const list = await ask<{ posts: { created_at: string }[] }>('/api/posts')
    expect(list.body.posts[0]?.created_at).toBe(body.post.created_at)
  })

  it('counts every like, however many come at once', async () => {
    const id = await create()
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask(`/api/posts/${id}/likes`, 'POST')))
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    expect((await ask<{ post: { likes: number } }>(`/api/posts/${id}`)).body.post.likes).toBe(60)
  })

  it('has no post and no more comments where the post was being deleted: 404', async () => {
    for (let round = 0; round < 10; round++) {
      const id = await create()
      const etag = (await ask(`/api/posts/${id}`)).headers.get('etag') ?? ''
      const answers = await Promise.all([
        ...Array.from({ length: 4 }, () => ask(`/api/posts/${id}/comments`, 'POST', { content: 'hm' })),
        ask(`/api/posts/${id}`, 'DELETE'),
        ...Array.from({ length: 4 }, () => ask(`/api/posts/${id}/comments`, 'POST', { content: 'hm' })),
        ask(`/api/posts/${id}`, 'PUT', { title: 'b' }, { 'if-match': etag }),
      ])
      for (const { status } of answers) expect([200, 201, 404, 412]).toContain(status)
      expect((await ask(`/api/posts/${id}`, 'PUT', { title: 'b' }, { 'if-match': etag })).status).toBe(404)
    }
  })

  it('leaves a trace of what went wrong inside, and tells the caller nothing of it', async () => {
    await create()
    await admin.query('ALTER TABLE "tenant_odd".posts RENAME COLUMN title TO gone')
    try {
      const { status, body } = await ask('/api/posts?page=7', 'GET', undefined, {
        'x-request-id': 'traced-1',
      })
      expect([status, body.code]).toEqual([500, 'query_failed'])
      expect(JSON.stringify(body)).not.toMatch(/42703|gone|column/)
      const line = () =>
        worker
          .log()
          .split('\n')
          .find((one) => one.includes('"event":"request"') && one.includes('traced-1'))
      await expect.poll(line).toMatch(/"code":"query_failed","fault":"postgres 42703"/)
    } finally {
      await admin.query('ALTER TABLE "tenant_odd".posts RENAME COLUMN gone TO title')
    }
  })

  it('names the code of every refusal in its log line', async () => {
    await ask('/api/posts/nothing', 'GET', undefined, { 'x-request-id': 'traced-2' })
    const line = () =>
      worker
        .log()
        .split('\n')
        .find((one) => one.includes('"event":"request"') && one.includes('traced-2'))
    await expect.poll(line).toContain('"code":"not_found"')
  })

  it.runIf(strategy === 'isolate')(
    'refuses a page that is too large for good, and says how large it may be',
    async () => {
      for (let n = 0; n < 40; n++) await create('漢'.repeat(100_000))
      const { status, body, headers } = await ask('/api/posts?limit=100')
      expect([status, body.code]).toEqual([422, 'answer_too_large'])
      expect(body.detail).toContain('10485760')
      expect(headers.get('retry-after')).toBeNull()
      expect((await ask('/api/posts?limit=5')).status).toBe(200)
    },
  )
})
