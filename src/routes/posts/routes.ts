import type { Connection } from '../../engines/connection.ts'
import { Problem } from '../../problem.ts'
import type { RouteBindings, RouteEnv } from '../bindings.ts'
import { cached } from '../cached.ts'
import { expectedVersions } from '../etag.ts'
import { openApiApp } from '../openapi.ts'
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
import { type Counter, POSTS, tagOf } from './post.ts'
import { postStore } from './store.ts'

/** Posts of the tenant that a request acts for. */
export const posts = openApiApp<RouteEnv>()

posts.openapi(listPosts, async (c) => {
  const page = c.req.valid('query')
  const { tenant } = c.env
  const query = { name: 'posts.list', resource: POSTS, key: `list ${JSON.stringify(page)}` } as const
  return cached(c, query, async (connection) => ({
    answer: { user_id: tenant.id, posts: await postStore(connection, tenant).list(page) },
  }))
})

posts.openapi(createPost, async (c) => {
  const post = c.req.valid('json')
  const { tenant } = c.env
  const id = await c.env.cache.write(POSTS, async () => {
    await using lease = await c.env.lease()
    return await postStore(lease.connection, tenant).create(post)
  })
  return c.json({ user_id: tenant.id, post_id: id, message: 'Post created' }, 201, {
    location: `/api/posts/${id}`,
  })
})

// Before the route of one post, whose id may be any word.
posts.openapi(readPostStats, async (c) => {
  const { tenant } = c.env
  const query = { name: 'posts.stats', resource: POSTS, key: 'stats' } as const
  return cached(c, query, async (connection) => ({ answer: await postStore(connection, tenant).stats() }))
})

posts.openapi(findPost, async (c) => {
  const { post_id: id } = c.req.valid('param')
  const { tenant } = c.env
  const query = { name: 'posts.find', resource: POSTS, key: `post ${id}` } as const
  const find = async (connection: Connection) => {
    const found = await postStore(connection, tenant).find(id)
    return found && { answer: { user_id: tenant.id, post: found.post }, etag: tagOf(found) }
  }
  return cached(c, query, find, missingPost)
})

posts.openapi(changePost, async (c) => {
  const { post_id: id } = c.req.valid('param')
  const change = c.req.valid('json')
  const expected = expectedVersions(c.req.valid('header')['if-match'])
  const { tenant } = c.env
  const changed = await c.env.cache.write(POSTS, async () => {
    await using lease = await c.env.lease()
    return await postStore(lease.connection, tenant).update(id, change, expected)
  })
  if (!changed) throw missingPost()
  if (changed === 'stale') throw new Problem('precondition_failed', { field: 'If-Match' })
  return c.json({ user_id: tenant.id, post: changed.post }, 200, { etag: tagOf(changed) })
})

posts.openapi(deletePost, async (c) => {
  const { post_id: id } = c.req.valid('param')
  const { tenant } = c.env
  const removed = await c.env.cache.write(POSTS, async () => {
    await using lease = await c.env.lease()
    return await postStore(lease.connection, tenant).remove(id)
  })
  if (!removed) throw missingPost()
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
  const counted = await env.cache.write(POSTS, async () => {
    await using lease = await env.lease()
    return await postStore(lease.connection, env.tenant).count(id, counter)
  })
  if (counted === undefined) throw missingPost()
  return counted
}
