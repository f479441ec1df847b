import { Problem } from '../../problem.ts'
import type { RouteEnv } from '../bindings.ts'
import { openApiApp } from '../openapi.ts'
import { changePost, createPost, deletePost, findPost, listPosts } from './api.ts'
import { postStore } from './store.ts'

/** Posts of the tenant that a request acts for. */
export const posts = openApiApp<RouteEnv>()

posts.openapi(listPosts, async (c) => {
  const page = c.req.valid('query')
  const { tenant } = c.env
  await using lease = await c.env.lease()
  const found = await postStore(lease.connection, tenant).list(page)
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

posts.openapi(findPost, async (c) => {
  const { post_id: id } = c.req.valid('param')
  const { tenant } = c.env
  await using lease = await c.env.lease()
  const post = await postStore(lease.connection, tenant).find(id)
  if (!post) throw missingPost()
  return c.json({ user_id: tenant.id, post }, 200)
})

posts.openapi(changePost, async (c) => {
  const { post_id: id } = c.req.valid('param')
  const change = c.req.valid('json')
  const { tenant } = c.env
  await using lease = await c.env.lease()
  const post = await postStore(lease.connection, tenant).update(id, change)
  if (!post) throw missingPost()
  return c.json({ user_id: tenant.id, post }, 200)
})

posts.openapi(deletePost, async (c) => {
  const { post_id: id } = c.req.valid('param')
  const { tenant } = c.env
  await using lease = await c.env.lease()
  if (!(await postStore(lease.connection, tenant).remove(id))) throw missingPost()
  return c.json({ user_id: tenant.id, post_id: id, message: 'Post deleted' }, 200)
})

function missingPost(): Problem {
  return new Problem('not_found', { detail: 'There is no such post.' })
}
