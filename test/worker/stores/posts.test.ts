import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CommentStore } from '../../../src/routes/comments/store.ts'
import { commentStore } from '../../../src/routes/comments/store.ts'
import { Page } from '../../../src/routes/posts/post.ts'
import { type PostStore, postStore } from '../../../src/routes/posts/store.ts'
import { provision, unprovision } from '../../../src/routes/provision.ts'
import type { Tenant } from '../../../src/tenants/tenant.ts'
import { newTenant } from '../support.ts'
import { type CountedConnection, openConnection, WAYS } from './connections.ts'

/** What every store of posts and comments owes the routes above it, shown on the real driver and server. */
describe.each(WAYS)('posts and comments on %s', (way) => {
  let counted: CountedConnection
  let tenant: Tenant
  let posts: PostStore
  let comments: CommentStore

  beforeAll(async () => {
    counted = await openConnection(way)
    const { engine, connection } = counted
    tenant = { id: newTenant(engine), tier: 'free', engine }
    await provision(connection, tenant)
    posts = postStore(connection, tenant)
    comments = commentStore(connection, tenant)
  })

  afterAll(async () => {
    await unprovision(counted.connection, tenant)
    await counted[Symbol.asyncDispose]()
  })

  const write = (title: string, tags: string[] = []) => posts.create({ title, content: 'c', tags })
  const page = (query: Record<string, string> = {}) => Page.parse(query)
  const comment = (post: string, n: number) =>
    comments.create(post, { author: 'ada', content: `comment ${n}` })

  it('begin with zeros, and sum up what was counted', async () => {
    expect(await posts.stats()).toEqual({ total_posts: 0, total_views: 0, total_likes: 0 })
    const id = await write('counted')
    expect(await posts.count(id, 'views')).toBe(1)
    expect(await posts.count(id, 'views')).toBe(2)
    expect(await posts.count(id, 'likes')).toBe(1)
    expect(await posts.stats()).toEqual({ total_posts: 1, total_views: 2, total_likes: 1 })
    expect(await posts.find(id)).toMatchObject({ version: 1, post: { views: 2, likes: 1 } })
  })

  it.each([1, 10, 100])(
    'read a post with %i comments, its list and its comments in one command each',
    async (n) => {
      const id = await write(`with ${n} comments`, ['sea', 'small'])
      for (let i = 1; i <= n; i++) await comment(id, i)
      expect(await counted.commands(() => posts.find(id))).toBe(1)
      expect(await counted.commands(() => comments.list(id, { limit: 100 }))).toBe(1)
      expect(await counted.commands(() => posts.list(page({ limit: '100', tag: 'sea' })))).toBe(1)
      const { post } = (await posts.find(id)) ?? {}
      expect(post?.tags).toEqual(['sea', 'small'])
      expect(post?.comments.map(({ content }) => content)).toEqual(
        Array.from({ length: Math.min(n, 20) }, (_, i) => `comment ${i + 1}`),
      )
      expect(post?.comments[0]?.created_at).toBeInstanceOf(Date)
      expect(post?.comments_cursor === null).toBe(n <= 20)
      expect((await comments.list(id, { limit: 100 }))?.comments).toHaveLength(n)
    },
  )

  it('page through comments without gaps or repeats, oldest first', async () => {
    const id = await write('pages')
    for (let i = 1; i <= 7; i++) await comment(id, i)
    const seen: string[] = []
    let cursor: string | null | undefined
    do {
      const found = await comments.list(id, { limit: 3, ...(cursor && { cursor }) })
      seen.push(...(found?.comments.map(({ content }) => content) ?? []))
      cursor = found?.cursor
    } while (cursor)
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7].map((n) => `comment ${n}`))
  })

  it('go on after the comments that came with the post', async () => {
    const id = await write('first page')
    for (let i = 1; i <= 21; i++) await comment(id, i)
    const cursor = (await posts.find(id))?.post.comments_cursor ?? undefined
    const rest = await comments.list(id, { limit: 20, ...(cursor && { cursor }) })
    expect(rest?.comments.map(({ content }) => content)).toEqual(['comment 21'])
    expect(rest?.cursor).toBeNull()
  })

  it('are listed by tag, in either order, alike for equal times', async () => {
    const ids: string[] = []
    for (let n = 1; n <= 5; n++) ids.push(await write(`tagged ${n}`, n % 2 === 1 ? ['odd', 'x'] : ['even']))
    const titles = async (query: Record<string, string>) =>
      (await posts.list(page(query))).map(({ title }) => title)
    expect(await titles({ tag: 'odd' })).toEqual(['tagged 5', 'tagged 3', 'tagged 1'])
    expect(await titles({ tag: 'odd', sort: 'created_at', limit: '2' })).toEqual(['tagged 1', 'tagged 3'])
    expect(await titles({ tag: 'odd', sort: 'created_at', limit: '2', page: '2' })).toEqual(['tagged 5'])
    expect(await titles({ tag: 'nobody' })).toEqual([])
    expect([...ids].sort()).toEqual(ids)
  })

  it('keep an edit from overwriting one that it has not seen', async () => {
    const id = await write('draft')
    await comment(id, 1)
    expect(await posts.update(id, { title: 'second' }, [1])).toMatchObject({
      version: 2,
      post: { title: 'second', content: 'c', comments: [{ content: 'comment 1' }], comments_cursor: null },
    })
    expect(await posts.update(id, { title: 'lost' }, [1])).toBe('stale')
    expect(await posts.update(id, { title: 'lost' }, [])).toBe('stale')
    expect(await posts.update(id, { tags: ['a'] }, [7, 2])).toMatchObject({
      version: 3,
      post: { title: 'second' },
    })
    expect(await posts.update(id, { title: 'unconditional' })).toMatchObject({ version: 4 })
  })

  it('know no post that is not there, whatever its id looks like', async () => {
    const gone = await write('gone')
    const kept = await write('kept')
    for (const id of [gone, kept]) await comment(id, 1)
    expect(await posts.remove(gone)).toBe(true)
    for (const id of [
      gone,
      'nope',
      '%00',
      '{"$gt":""}',
      'f'.repeat(24),
      '00000000-0000-0000-0000-000000000000',
    ]) {
      expect(await posts.find(id)).toBeUndefined()
      expect(await posts.update(id, { title: 'x' })).toBeUndefined()
      expect(await posts.update(id, { title: 'x' }, [1])).toBeUndefined()
      expect(await posts.count(id, 'views')).toBeUndefined()
      expect(await posts.remove(id)).toBe(false)
      expect(await comments.list(id, { limit: 1 })).toBeUndefined()
      expect(await comment(id, 1)).toBeUndefined()
    }
    expect((await comments.list(kept, { limit: 5 }))?.comments).toHaveLength(1)
  })

  it('refuse a cursor that no answer gave', async () => {
    const id = await write('cursor')
    await expect(comments.list(id, { limit: 1, cursor: 'x' })).rejects.toMatchObject({
      code: 'invalid_request',
      field: 'cursor',
    })
  })

  it('serve posts from before there were comments, views and versions', async () => {
    const old: Tenant = { ...tenant, id: newTenant(counted.engine) }
    const id = await firstDeployment(counted, old)
    await provision(counted.connection, old)
    const store = postStore(counted.connection, old)
    const found = await store.find(id)
    expect(found?.post).toMatchObject({ title: 'old', views: 0, likes: 0, comments: [] })
    const version = found?.version ?? Number.NaN
    expect(await store.update(id, { title: 'new' }, [version])).toMatchObject({ post: { title: 'new' } })
    expect(await store.update(id, { title: 'lost' }, [version])).toBe('stale')
    expect(await store.count(id, 'likes')).toBe(1)
    expect(
      await commentStore(counted.connection, old).create(id, { author: null, content: 'at last' }),
    ).toBeDefined()
    expect(await store.stats()).toEqual({ total_posts: 1, total_views: 0, total_likes: 1 })
    await unprovision(counted.connection, old)
  })
})

/** A tenant's posts as the first deployments of Rockpool made them; returns the id of one. */
async function firstDeployment({ connection }: CountedConnection, { id: tenant }: Tenant): Promise<string> {
  if (connection.engine === 'mongo') {
    const now = new Date()
    const post = { title: 'old', content: '', tags: [], created_at: now, updated_at: now }
    const { insertedId } = await connection.run(`user_${tenant}_db`, (db) =>
      db.collection('posts').insertOne(post),
    )
    return insertedId.toHexString()
  }
  const schema = `"tenant_${tenant}"`
  await connection.batch([
    `CREATE SCHEMA ${schema}`,
    `CREATE TABLE ${schema}.posts (id uuid PRIMARY KEY, title text NOT NULL, content text NOT NULL,
       tags text[] NOT NULL DEFAULT '{}', created_at timestamptz NOT NULL DEFAULT now(),
       updated_at timestamptz NOT NULL DEFAULT now())`,
  ])
  const [row] = await connection.query<{ id: string }>(
    `INSERT INTO ${schema}.posts (id, title, content) VALUES (gen_random_uuid(), 'old', '') RETURNING id`,
  )
  return row?.id ?? ''
}
