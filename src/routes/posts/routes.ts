import { Hono } from 'hono'
import { Problem } from '../../problem.ts'
import type { RouteEnv } from '../bindings.ts'
import { readBody, readQuery } from '../input.ts'
import { NewPost, Page, PostChange } from './post.ts'
import { postStore } from './store.ts'

/** Posts of the tenant that a request acts for. */
export const posts = new Hono<RouteEnv>()

posts.get('/', async (c) => {
  const page = readQuery(c, Page)
  const { tenant } = c.env
  await using lease = await c.env.lease()
  const found = await postStore(lease.connection, tenant).list(page)
  return c.json({ user_id: tenant.id, posts: found })
})

posts.post('/', async (c) => {
  const post = await readBody(c, NewPost)
  const { tenant } = c.env
  await using lease = await c.env.lease()
  const id = await postStore(lease.connection, tenant).create(post)
  return c.json({ user_id: tenant.id, post_id: id, message: 'Post created' }, 201, {
    location: `/api/posts/${id}`,
  })
})

posts.get('/:post_id', async (c) => {
  const { tenant } = c.env
  await using lease = await c.env.lease()
  const post = await postStore(lease.connection, tenant).find(c.req.param('post_id'))
  if (!post) throw missingPost()
  return c.json({ user_id: tenant.id, post })
})

posts.put('/:post_id', async (c) => {
  const change = await readBody(c, PostChange)
  const { tenant } = c.env
  await using lease = await c.env.lease()
  const post = await postStore(lease.connection, tenant).update(c.req.param('post_id'), change)
  if (!post) throw missingPost()
  return c.json({ user_id: tenant.id, post })
})

posts.delete('/:post_id', async (c) => {
  const id = c.req.param('post_id')
  const { tenant } = c.env
  await using lease = await c.env.lease()
  if (!(await postStore(lease.connection, tenant).remove(id))) throw missingPost()
  return c.json({ user_id: tenant.id, post_id: id, message: 'Post deleted' })
})

function missingPost(): Problem {
  return new Problem('not_found', { detail: 'There is no such post.' })
}
