import { Hono } from 'hono'
import { Problem } from '../../problem.ts'
import type { RouteEnv } from '../bindings.ts'
import { readBody } from '../input.ts'
import { userStore } from './store.ts'
import { NewUser, PasswordChange, UserKey } from './user.ts'

/**
 * The users of a tenant, for the edge's sign-in alone: answers carry password hashes, and no request from outside gets
 * here. What finds a user stands in the body, because the address of a request ends up in logs.
 */
export const users = new Hono<RouteEnv>()

users.post('/find', async (c) => {
  const key = await readBody(c, UserKey)
  await using lease = await c.env.lease()
  return c.json({ user: (await userStore(lease.connection, c.env.tenant).find(key)) ?? null })
})

users.post('/', async (c) => {
  const user = await readBody(c, NewUser)
  await using lease = await c.env.lease()
  const created = await userStore(lease.connection, c.env.tenant).create(user)
  if (!created) throw new Problem('email_taken', { field: 'email' })
  return c.json({ user: created }, 201)
})

users.put('/:id/password', async (c) => {
  const change = await readBody(c, PasswordChange)
  await using lease = await c.env.lease()
  const changed = await userStore(lease.connection, c.env.tenant).changePassword(c.req.param('id'), change)
  return c.json({ changed })
})
