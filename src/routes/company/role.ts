import { createMiddleware } from 'hono/factory'
import { Problem } from '../../problem.ts'
import { ROLES, type Role } from '../../tenants/caller.ts'
import type { RouteEnv } from '../bindings.ts'

/** What members write. Everything else that changes something is for admins. */
const TASKS = /^\/api\/company\/(projects\/[^/]+\/tasks|tasks\/[^/]+)$/

/**
 * Viewers read, members write tasks too, admins everything. A caller of whom no role is known, because its token says
 * none or one that is not ours, is a viewer. Throws `forbidden`.
 */
export const byRole = createMiddleware<RouteEnv>(async (c, next) => {
  const needed = roleFor(c.req.method, c.req.path)
  if (ROLES.indexOf(c.env.caller.role ?? 'viewer') > ROLES.indexOf(needed)) {
    throw new Problem('forbidden', { detail: `This needs the role ${needed}.` })
  }
  await next()
})

/** The least role that a request needs. */
export function roleFor(method: string, path: string): Role {
  if (method === 'GET' || method === 'HEAD') return 'viewer'
  return TASKS.test(path) ? 'member' : 'admin'
}
