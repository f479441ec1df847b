import { describe, expect, it } from 'vitest'
import { as, ENGINES, newTenant, send } from './support.ts'

interface Post {
  id: string
  title: string
  content: string
  tags: string[]
  created_at: string
  updated_at: string
}

describe.each(ENGINES)('posts on %s', (engine) => {
  it('are created, found, listed, changed and deleted', async () => {
    const tenant = newTenant(engine)
    const created = await as<{ post_id: string; user_id: string; message: string }>(
      tenant,
      '/api/posts',
      'POST',
      {
        title: 'Tide pools',
        content: 'Small worlds.',
        tags: ['sea', 'small'],
      },
    )
    expect(created.status).toBe(201)
    expect(created.body).toEqual({ user_id: tenant, post_id: expect.any(String), message: 'Post created' })
    const path = `/api/posts/${created.body.post_id}`
    expect(created.headers.get('location')).toBe(path)

    const found = await as<{ user_id: string; post: Post }>(tenant, path)
    expect(found.status).toBe(200)
    expect(found.body).toEqual({
      user_id: tenant,
      post: {
        id: created.body.post_id,
        title: 'Tide pools',
        content: 'Small worlds.',
        tags: ['sea', 'small'],
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        updated_at: expect.any(String),
      },
    })

    const changed = await as<{ post: Post }>(tenant, path, 'PUT', { title: 'Rock pools', tags: [] })
    expect(changed.status).toBe(200)
    expect(changed.body.post).toMatchObject({ title: 'Rock pools', content: 'Small worlds.', tags: [] })
    expect(changed.body.post.created_at).toBe(found.body.post.created_at)
    expect(Date.parse(changed.body.post.updated_at)).toBeGreaterThanOrEqual(
      Date.parse(found.body.post.updated_at),
    )

    const gone = await as(tenant, path, 'DELETE')
    expect(gone.status).toBe(200)
    for (const method of ['GET', 'DELETE']) expect((await as(tenant, path, method)).status).toBe(404)
    expect((await as(tenant, path, 'PUT', { title: 'x' })).status).toBe(404)
  })

  it('come newest first, in pages without gaps or repeats', async () => {
    const tenant = newTenant(engine)
    for (let n = 1; n <= 7; n++) await as(tenant, '/api/posts', 'POST', { title: `post ${n}`, content: '' })
    const titles: string[] = []
    for (const page of [1, 2, 3, 4]) {
      const { body } = await as<{ posts: Post[] }>(tenant, `/api/posts?limit=3&page=${page}`)
      titles.push(...body.posts.map((post) => post.title))
    }
    expect(titles).toEqual([7, 6, 5, 4, 3, 2, 1].map((n) => `post ${n}`))
  })

  it('need no preparation: the first requests of a new tenant come 30 at once', async () => {
    const tenant = newTenant(engine)
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, n) => as(tenant, '/api/posts', 'POST', { title: `${n}`, content: '' })),
    )
    expect(answers.map((one) => one.status)).toEqual(Array.from({ length: 30 }, () => 201))
  })

  it('keep text exactly as it was sent', async () => {
    const tenant = newTenant(engine)
    const content = `'; DROP SCHEMA x; -- $where {"$gt": ""} \u0001 🦀 \\ "`
    const { body } = await as<{ post_id: string }>(tenant, '/api/posts', 'POST', { title: '$1', content })
    const found = await as<{ post: Post }>(tenant, `/api/posts/${body.post_id}`)
    expect(found.body.post.content).toBe(content)
  })

  it.each([
    'nope',
    '0',
    '%00',
    'ffffffffffffffffffffffff',
    '00000000-0000-0000-0000-000000000000',
    "1' OR '1'='1",
    '[object%20Object]',
  ])('do not know the id %s', async (id) => {
    const { status, body } = await as(newTenant(engine), `/api/posts/${id}`)
    expect(status).toBe(404)
    expect(body.code).toBe('not_found')
  })

  it.each<[string, unknown, string | undefined]>([
    ['no title', { content: '' }, 'title'],
    ['an empty title', { title: '', content: '' }, 'title'],
    ['a title that is no text', { title: 5, content: '' }, 'title'],
    ['an operator for text', { title: { $gt: '' }, content: '' }, 'title'],
    ['a field that nobody knows', { title: 'a', content: '', $where: 'sleep(1)' }, '$where'],
    ['tags that are no list', { title: 'a', content: '', tags: 'sea' }, 'tags'],
    ['a tag that is no text', { title: 'a', content: '', tags: [{ $ne: 1 }] }, 'tags.0'],
    ['NUL in text', { title: 'a\u0000b', content: '' }, 'title'],
    ['half a surrogate pair', { title: 'a\ud800', content: '' }, 'title'],
    ['a list', [], undefined],
    ['nothing', null, undefined],
  ])('refuse %s and say which field', async (_, body, field) => {
    const tenant = newTenant(engine)
    const { status, body: problem } = await as(tenant, '/api/posts', 'POST', body)
    expect(status).toBe(400)
    expect(problem.code).toBe('invalid_request')
    expect(problem.field).toBe(field)
  })
})

describe('a body', () => {
  const post = (body: BodyInit, type = 'application/json') =>
    send('/api/posts', { method: 'POST', body, headers: { 'x-user-id': 'user_a', 'content-type': type } })

  it('above 1 MiB is 413, whether its length was announced or not', async () => {
    const large = JSON.stringify({ title: 'x', content: 'y'.repeat(2 * 1024 * 1024) })
    expect((await post(large)).status).toBe(413)
    const stream = new Blob([large]).stream()
    expect((await post(stream)).status).toBe(413)
  })

  it('that is not JSON is 400, and of another type 415', async () => {
    expect((await post('{"title":')).body.code).toBe('invalid_request')
    expect((await post(new Uint8Array([0x7b, 0xff, 0x7d]))).status).toBe(400)
    expect((await post('title=x', 'application/x-www-form-urlencoded')).status).toBe(415)
  })

  it('cannot reach a prototype, and may be nested as deep as it likes', async () => {
    const { status, body } = await post('{"title":"a","content":"","__proto__":{"admin":true}}')
    expect(status).toBe(400)
    expect(body.field).toBe('__proto__')
    expect((await post(`${'['.repeat(10_000)}${']'.repeat(10_000)}`)).status).toBe(400)
  })
})

describe('pages', () => {
  it.each(['limit=0', 'limit=101', 'limit=-1', 'limit=x', 'limit=1e2', 'page=0', 'page=1.5', 'limit='])(
    'refuse %s',
    async (query) => {
      const { status, body } = await as('user_a', `/api/posts?${query}`)
      expect(status).toBe(400)
      expect(body.field).toBe(query.split('=')[0])
    },
  )
})
