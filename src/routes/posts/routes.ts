import { Problem } from '../../problem.ts'
import type { RouteBindings, RouteEnv } from '../bindings.ts'
import { etagOf, expectedVersions } from '../etag.ts'
import { openApiApp } from '../openapi.ts'
import { read } from '../read.ts'
import {
  changePost,
  createPost,
  deletePost,
  findPost,
  likePost,
  listPosts,
  readPostStats,
  viewPost,
} from './api.ts'
import { missingPost } from './missing-post.ts'
import type { Counter } from './post.ts'
import { postStore } from './store.ts'

/** Posts of the tenant that a request acts for. */
export const posts = openApiApp<RouteEnv>()

posts.openapi(listPosts, async (c) => {
  const page = c.req.valid('query')
  const { tenant } = c.env
  const found = await read(c, 'posts.list', (connection) => postStore(connection, tenant).list(page))
  return c.json({ user_id: tenant.id, posts: found }, 200)
})

posts.openapi(createPost, async (c) => {
  const post = c.req.valid('json')
  const { tenant } = c.env
  await using lease = await c.env.lease()
  const id = await postStore(lease.connection, tenant).create(post)
  return c.json({ user_id: tenant.id, post_id: id, message: 'Post created' }, 201, {
    location: `/api/posts/${id}`,
  })
})

// Before the route of one post, whose id may be any word.
posts.openapi(readPostStats, async (c) => {
  const { tenant } = c.env
  return c.json(await read(c, 'posts.stats', (connection) => postStore(connection, tenant).stats()), 200)
})

posts.openapi(findPost, async (c) => {
  const { post_id: id } = c.req.valid('param')
  const { tenant } = c.env
  const found = await read(c, 'posts.find', (connection) => postStore(connection, tenant).find(id))
  if (!found) throw missingPost()
  return c.json({ user_id: tenant.id, post: found.post }, 200, { etag: etagOf(found.version) })
})

posts.openapi(changePost, async (c) => {
  const { post_id: id } = c.req.valid('param')
  const change = c.req.valid('json')
  const expected = expectedVersions(c.req.valid('header')['if-match'])
  const { tenant } = c.env
  await using lease = await c.env.lease()
  const changed = await postStore(lease.connection, tenant).update(id, change, expected)
  if (!changed) throw missingPost()
  if (changed === 'stale') throw new Problem('precondition_failed', { field: 'If-Match' })
  return c.json({ user_id: tenant.id, post: changed.post }, 200, { etag: etagOf(changed.version) })
})

posts.openapi(deletePost, async (c) => {
  const { post_id: id } = c.req.valid('param')
  const { tenant } = c.env
  await using lease = await c.env.lease()
  if (!(await postStore(lease.connection, tenant).remove(id))) throw missingPost()
  return c.json({ user_id: tenant.id, post_id: id, message: 'Post deleted' }, 200)
})

posts.openapi(viewPost, async (c) => {
  const { post_id } = c.req.valid('param')
  const views = await count(c.env, post_id, 'views')
  return c.json({ user_id: c.env.tenant.id, post_id, views }, 200)
})

posts.openapi(likePost, async (c) => {
  const { post_id } = c.req.valid('param')
  const likes = await count(c.env, post_id, 'likes')
  return c.json({ user_id: c.env.tenant.id, post_id, likes }, 200)
})

async function count(env: RouteBindings, id: string, counter: Counter): Promise<number> {
  await using lease = await env.lease()
  const counted = await postStore(lease.connection, env.tenant).count(id, counter)
  if (counted === undefined) throw missingPost()
  return counted
}
