import type { Connection } from '../../engines/connection.ts'
import type { RouteEnv } from '../bindings.ts'
import { cached } from '../cached.ts'
import { openApiApp } from '../openapi.ts'
import { missingPost } from '../posts/missing-post.ts'
import { POSTS } from '../posts/post.ts'
import { createComment, listComments } from './api.ts'
import { commentStore } from './store.ts'

/** Comments on the posts of the tenant that a request acts for. */
export const comments = openApiApp<RouteEnv>()

comments.openapi(listComments, async (c) => {
  const { post_id } = c.req.valid('param')
  const page = c.req.valid('query')
  const { tenant } = c.env
  const key = `comments ${post_id} ${JSON.stringify(page)}`
  const list = async (connection: Connection) => {
    const found = await commentStore(connection, tenant).list(post_id, page)
    return found && { answer: { user_id: tenant.id, post_id, ...found } }
  }
  return cached(c, { name: 'comments.list', resource: POSTS, key }, list, missingPost)
})

comments.openapi(createComment, async (c) => {
  const { post_id } = c.req.valid('param')
  const given = c.req.valid('json')
  const { tenant } = c.env
  // A post's answer shows its first comments.
  const comment = await c.env.cache.write(POSTS, async () => {
    await using lease = await c.env.lease()
    return await commentStore(lease.connection, tenant).create(post_id, given)
  })
  if (!comment) throw missingPost()
  return c.json({ user_id: tenant.id, post_id, comment }, 201)
})
