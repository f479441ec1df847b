import { describe, expect, it } from 'vitest'
import { as, ENGINES, headersOf, newTenant, send, workerWith } from './support.ts'

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
        views: 0,
        likes: 0,
        comments: [],
        comments_cursor: null,
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

interface Comment {
  id: string
  author: string | null
  content: string
  created_at: string
}

describe.each(ENGINES)('a post on %s', (engine) => {
  const post = async (tenant: string) =>
    (await as<{ post_id: string }>(tenant, '/api/posts', 'POST', { title: 'a', content: '' })).body.post_id

  it('has comments, the first of which come with it', async () => {
    const tenant = newTenant(engine)
    const id = await post(tenant)
    const path = `/api/posts/${id}/comments`
    for (let n = 1; n <= 22; n++) {
      const given = { content: `comment ${n}`, ...(n === 1 && { author: 'Ada' }) }
      const { status, body } = await as<{ comment: Comment }>(tenant, path, 'POST', given)
      expect(status).toBe(201)
      expect(body.comment).toEqual({
        id: expect.any(String),
        author: n === 1 ? 'Ada' : null,
        content: `comment ${n}`,
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      })
    }
    const found = await as<{ post: { comments: Comment[]; comments_cursor: string } }>(
      tenant,
      `/api/posts/${id}`,
    )
    const { comments, comments_cursor } = found.body.post
    expect(comments).toHaveLength(20)
    expect(comments[0]).toMatchObject({ author: 'Ada', content: 'comment 1' })
    expect(comments[0]?.created_at).toMatch(/Z$/)
    const rest = await as<{ comments: Comment[]; cursor: null }>(tenant, `${path}?cursor=${comments_cursor}`)
    expect(rest.body.comments.map(({ content }) => content)).toEqual(['comment 21', 'comment 22'])
    expect(rest.body.cursor).toBeNull()
    expect((await as(tenant, `${path}?cursor=nope`)).body).toMatchObject({ status: 400, field: 'cursor' })
    expect((await as(tenant, '/api/posts/nope/comments')).status).toBe(404)
    expect((await as(tenant, '/api/posts/nope/comments', 'POST', { content: 'x' })).status).toBe(404)
  })

  it.each<[string, unknown, string | undefined]>([
    ['no text', { content: '' }, 'content'],
    ['an operator for text', { content: { $gt: '' } }, 'content'],
    ['code for text', { content: { $where: 'sleep(1)' } }, 'content'],
    ['an author that is no text', { content: 'a', author: 5 }, 'author'],
    ['NUL in text', { content: 'a\u0000' }, 'content'],
    ['half a surrogate pair', { content: '\udc00' }, 'content'],
    ['a field that nobody knows', { content: 'a', post_id: 'x' }, 'post_id'],
  ])('refuses a comment with %s', async (_, given, field) => {
    const tenant = newTenant(engine)
    const path = `/api/posts/${await post(tenant)}/comments`
    const { status, body } = await as(tenant, path, 'POST', given)
    expect([status, body.code, body.field]).toEqual([400, 'invalid_request', field])
    expect((await as<{ comments: Comment[] }>(tenant, path)).body.comments).toEqual([])
  })

  it('is not overwritten by who has not seen its last version: 412', async () => {
    const tenant = newTenant(engine)
    const path = `/api/posts/${await post(tenant)}`
    const put = (ifMatch: string, title: string) =>
      send(path, {
        method: 'PUT',
        headers: { 'x-user-id': tenant, 'content-type': 'application/json', 'if-match': ifMatch },
        body: JSON.stringify({ title }),
      })
    const etag = (await as(tenant, path)).headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[^"]+"$/)
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => put(etag, `edit ${n}`)))
    const [winner, ...others] = answers.filter(({ status }) => status === 200)
    expect(others).toEqual([])
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(9)
    expect(answers.find(({ status }) => status === 412)?.body.code).toBe('precondition_failed')
    const now = await as<{ post: Post }>(tenant, path)
    expect(now.body).toEqual(winner?.body)
    expect(now.headers.get('etag')).toBe(winner?.headers.get('etag'))
    expect(now.headers.get('etag')).not.toBe(etag)
    expect((await put('*', 'any version')).status).toBe(200)
    expect((await put('W/"1", nonsense', 'none')).status).toBe(412)
    expect((await put('"1"', 'x')).body.request_id).toEqual(expect.any(String))
  })

  it('counts a thousand views at once as a thousand', async () => {
    const unlimited = workerWith({ RATE_LIMITS: 'off' })
    const tenant = newTenant(engine)
    const id = await post(tenant)
    const seen: number[] = []
    // As many at a time as a pool lets wait; all of them meet on its connections.
    const client = async () => {
      for (let n = 0; n < 5; n++) {
        const view = { method: 'POST' }
        const { body } = await unlimited<{ views: number }>(`/api/posts/${id}/views`, headersOf(tenant), view)
        seen.push(body.views)
      }
    }
    await Promise.all(Array.from({ length: 200 }, client))
    expect(new Set(seen).size).toBe(1_000)
    expect((await as(tenant, `/api/posts/${id}/likes`, 'POST')).body).toEqual({
      user_id: tenant,
      post_id: id,
      likes: 1,
    })
    expect((await as(tenant, '/api/posts/stats')).body).toEqual({
      total_posts: 1,
      total_views: 1_000,
      total_likes: 1,
    })
  })

  it('is found by its tag, and stats begin at zero', async () => {
    const tenant = newTenant(engine)
    expect((await as(tenant, '/api/posts/stats')).body).toEqual({
      total_posts: 0,
      total_views: 0,
      total_likes: 0,
    })
    for (const [title, tags] of [
      ['first', ['sea']],
      ['second', ['land']],
      ['third', ['sea', 'land']],
    ]) {
      await as(tenant, '/api/posts', 'POST', { title, tags, content: '' })
    }
    const titles = async (query: string) =>
      (await as<{ posts: Post[] }>(tenant, `/api/posts?${query}`)).body.posts.map(({ title }) => title)
    expect(await titles('tag=sea')).toEqual(['third', 'first'])
    expect(await titles('tag=sea&sort=created_at')).toEqual(['first', 'third'])
    expect(await titles('sort=-created_at&limit=1&page=2')).toEqual(['second'])
    for (const query of ['sort=title', 'tag=%00', 'tag=']) {
      expect((await as(tenant, `/api/posts?${query}`)).status).toBe(400)
    }
  })
})

describe('a body', () => {
  const post = (body: BodyInit, type = 'application/json') =>
    send('/api/posts', { method: 'POST', body, headers: { 'x-user-id': 'user_a', 'content-type': type } })

  it('of more than 1 MiB is 413, whether its length was announced or not', async () => {
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
