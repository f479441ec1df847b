import type { RouteEnv } from '../bindings.ts'
import { openApiApp } from '../openapi.ts'
import { missingPost } from '../posts/missing-post.ts'
import { read } from '../read.ts'
import { createComment, listComments } from './api.ts'
import { commentStore } from './store.ts'

/** Comments on the posts of the tenant that a request acts for. */
export const comments = openApiApp<RouteEnv>()

comments.openapi(listComments, async (c) => {
  const { post_id } = c.req.valid('param')
  const page = c.req.valid('query')
  const { tenant } = c.env
  const found = await read(c, 'comments.list', (connection) =>
    commentStore(connection, tenant).list(post_id, page),
  )
  if (!found) throw missingPost()
  return c.json({ user_id: tenant.id, post_id, ...found }, 200)
})

comments.openapi(createComment, async (c) => {
  const { post_id } = c.req.valid('param')
  const given = c.req.valid('json')
  const { tenant } = c.env
  await using lease = await c.env.lease()
  const comment = await commentStore(lease.connection, tenant).create(post_id, given)
  if (!comment) throw missingPost()
  return c.json({ user_id: tenant.id, post_id, comment }, 201)
})
