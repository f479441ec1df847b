import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { ADMIN, as, asAdmin, ENGINES, headersOf, newTenant, send } from './support.ts'

const PERSONAL = ['authorization', 'cookie', 'x-user-id']

function varyOf(headers: Headers): string[] {
  return (headers.get('vary') ?? '').split(/\s*,\s*/).map((name) => name.toLowerCase())
}

async function newPost(tenant: string): Promise<string> {
  const { body } = await as<{ post_id: string }>(tenant, '/api/posts', 'POST', { title: 'a', content: '' })
  return `/api/posts/${body.post_id}`
}

describe('an answer that depends on who asks', () => {
  it.each(ENGINES)('is kept by no cache but the caller’s own: a tenant on %s', async (engine) => {
    const tenant = newTenant(engine)
    const path = await newPost(tenant)
    const answers = [
      [await as(tenant, path), 'private, no-cache'],
      [await as(tenant, '/api/posts'), 'private, no-store'],
      [await as(tenant, '/api/company/projects'), 'private, no-store'],
      [await as(tenant, `${path}/likes`, 'POST'), 'private, no-store'],
      [await as(tenant, '/api/posts/none'), 'no-store'],
      [await send('/api/posts'), 'no-store'],
    ] as const
    for (const [{ headers }, control] of answers) {
      expect(headers.get('cache-control')).toBe(control)
      expect(varyOf(headers)).toEqual(expect.arrayContaining(PERSONAL))
    }
  })

  it.each([
    '/admin/connections',
    '/admin/fleet',
    '/admin/tenants',
    '/metrics/db-pool',
    '/metrics',
    '/dashboard/view',
    '/dashboard/session',
  ])('is kept by no cache but the caller’s own: %s', async (path) => {
    const { headers, status } = await asAdmin(path)
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toMatch(/no-store/)
    expect(varyOf(headers)).toEqual(expect.arrayContaining(PERSONAL))
  })

  it('comes through proxies as it is sent: the stream of the dashboard', async () => {
    const response = await exports.default.fetch('http://rockpool.test/dashboard/stream', { headers: ADMIN })
    expect(response.headers.get('cache-control')).toBe('private, no-store, no-transform')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    await response.body?.cancel()
  })
})

describe('a method that a path does not have', () => {
  it.each([
    ['PATCH', '/api/posts', 'GET, HEAD, POST'],
    ['POST', '/api/posts/x', 'GET, HEAD, PUT, DELETE'],
    ['GET', '/api/posts/x/likes', 'POST'],
    ['DELETE', '/api/company/projects', 'GET, HEAD, POST'],
    ['OPTIONS', '/api/posts', 'GET, HEAD, POST'],
    ['GET', '/api/v1/auth/login', 'POST'],
    ['POST', '/health', 'GET, HEAD'],
    ['DELETE', '/health/live', 'GET, HEAD'],
    ['PUT', '/openapi.json', 'GET, HEAD'],
    ['POST', '/admin/fleet', 'GET, HEAD'],
    ['GET', '/admin/pools/close', 'POST'],
  ])('%s %s is 405, and says which there are: %s', async (method, path, allow) => {
    const headers = { ...headersOf(newTenant('mongo')), ...(path.startsWith('/admin') && ADMIN) }
    const { status, body, headers: answered } = await send(path, { method, headers })
    expect([status, body.code]).toEqual([405, 'method_not_allowed'])
    expect(answered.get('allow')).toBe(allow)
  })

  it.each([
    '/api/nothing',
    '/api/posts/a/b/c',
    '/api/v1/auth/users',
    '/nothing',
    '/API/posts',
    '/api/posts/',
  ])('is 404 where there is no path: %s', async (path) => {
    const { status, body } = await send(path, { method: 'PATCH', headers: headersOf(newTenant('mongo')) })
    expect([status, body.code]).toEqual([404, 'not_found'])
  })
})

describe.each(ENGINES)('a tag of a post on %s', (engine) => {
  const get = (tenant: string, path: string, tag: string) =>
    send(path, { headers: { ...headersOf(tenant), 'if-none-match': tag } })
  const put = (tenant: string, path: string, tag: string, title: string) =>
    send(path, {
      method: 'PUT',
      headers: { ...headersOf(tenant), 'content-type': 'application/json', 'if-match': tag },
      body: JSON.stringify({ title }),
    })
  const tagOf = async (tenant: string, path: string) => (await as(tenant, path)).headers.get('etag') ?? ''

  it('that a proxy has weakened lets an edit of the current version through, and no other', async () => {
    const tenant = newTenant(engine)
    const path = await newPost(tenant)
    const tag = await tagOf(tenant, path)
    expect((await put(tenant, path, `W/${tag}`, 'b')).status).toBe(200)
    expect((await put(tenant, path, `W/${tag}`, 'c')).status).toBe(412)
    // A like is no edit.
    const next = await tagOf(tenant, path)
    await as(tenant, `${path}/likes`, 'POST')
    expect((await put(tenant, path, next, 'd')).status).toBe(200)
  })

  it('spares who knows it an answer, and nobody who does not', async () => {
    const tenant = newTenant(engine)
    const path = await newPost(tenant)
    const tag = await tagOf(tenant, path)
    for (const known of [tag, `W/${tag}`, '*', `"x", ${tag}`]) {
      const { status, headers, body } = await get(tenant, path, known)
      expect([status, body]).toEqual([304, {}])
      expect(headers.get('etag')).toBe(tag)
      expect(headers.get('cache-control')).toBe('private, no-cache')
    }
    for (const change of [
      () => as(tenant, `${path}/views`, 'POST'),
      () => as(tenant, `${path}/likes`, 'POST'),
      () => as(tenant, `${path}/comments`, 'POST', { content: 'hm' }),
      () => as(tenant, path, 'PUT', { title: 'b' }),
    ]) {
      const before = await tagOf(tenant, path)
      await change()
      expect((await get(tenant, path, before)).status).toBe(200)
    }
  })
})

describe('a body', () => {
  const post = (tenant: string, body: string, type = 'application/json') =>
    send('/api/posts', { method: 'POST', headers: { ...headersOf(tenant), 'content-type': type }, body })

  it.each(['application/json;', 'application/json ;charset=utf-8', 'Application/JSON; charset="utf-8"; x'])(
    'is JSON by its media type alone: %s',
    async (type) => {
      expect((await post(newTenant('mongo'), '{"title":"a","content":""}', type)).status).toBe(201)
    },
  )

  it.each(['', 'text/json', 'application/jsonx', 'application/json-seq', 'text/plain; application/json'])(
    'of another type is refused: %j',
    async (type) => {
      expect((await post(newTenant('mongo'), '{"title":"a","content":""}', type)).status).toBe(415)
    },
  )

  it.each(['汉', '🦀', 'a'])(
    'of 200,000 times %s is taken however it is spelled, of one more it is not',
    async (character) => {
      const escaped = [...character]
        .flatMap((one) => one.split(''))
        .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      for (const spelled of [character, escaped.join('')]) {
        const tenant = newTenant('mongo')
        const sent = (times: number) => post(tenant, `{"title":"a","content":"${spelled.repeat(times)}"}`)
        expect((await sent(200_000)).status).toBe(201)
        const { status, body } = await sent(200_001)
        expect([status, body.field]).toEqual([400, 'content'])
      }
    },
  )

  it('names its unknown field in whole characters', async () => {
    const { body } = await post(
      newTenant('mongo'),
      JSON.stringify({ title: 'a', content: '', [`${'x'.repeat(99)}🦀`]: 1 }),
    )
    expect(body.field).toBe('x'.repeat(99))
  })
})

it.each(['18446744073709551616', '99999999999999999999', '-1', '1e3', ' 1', '0x1'])(
  'a cursor that Redis cannot take is refused: %s',
  async (cursor) => {
    const { status, body } = await asAdmin(`/admin/tenants?cursor=${encodeURIComponent(cursor)}`)
    expect([status, body.field]).toEqual([400, 'cursor'])
  },
)

it('the largest cursor of Redis is one', async () => {
  expect((await asAdmin('/admin/tenants?cursor=18446744073709551615')).status).toBe(200)
})
