import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { Problem } from '../problem.ts'
import { isSafe } from '../routes/safe.ts'
import type { EdgeEnv } from './bindings.ts'
import { hasSession } from './dashboard/session.ts'
import { limitAddress, limitAdmin } from './limit.ts'
import { isSameOrigin } from './same-origin.ts'

/** Lets only the holder of `ADMIN_TOKEN` pass, within its limit. Closed where no token is configured. */
export const adminOnly = createMiddleware<EdgeEnv>(async (c, next) => {
  await requireAdmin(c)
  await next()
})

/**
 * Throws `admin_token_required` unless the caller brings `ADMIN_TOKEN`, or the session of a browser that signed in with
 * it; who guesses is limited by address. Throws `cross_origin` where a session would change something and the request
 * does not show that it comes from our own page: browsers send cookies by themselves.
 */
export async function requireAdmin(c: Context<EdgeEnv>): Promise<void> {
  const authorization = c.req.header('authorization')
  if (authorization !== undefined) {
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1]
    if (token === undefined || !isAdminToken(c, token)) return refuseAdmin(c)
  } else {
    if (!(await hasSession(c))) return refuseAdmin(c)
    if (!isSafe(c.req.method) && !isSameOrigin(c.req.raw)) throw new Problem('cross_origin')
  }
  await limitAdmin(c)
}

/** Whether `token` is `ADMIN_TOKEN`. None is, where there is none. */
export function isAdminToken(c: Context<EdgeEnv>, token: string): boolean {
  const { adminToken } = c.var.config
  return adminToken !== undefined && sameSecret(token, adminToken)
}

/** Counts the attempt against the caller's address, and throws `admin_token_required` or `rate_limited`. */
export async function refuseAdmin(c: Context<EdgeEnv>): Promise<never> {
  await limitAddress(c)
  throw new Problem('admin_token_required')
}

/** Compares digests, which are of one length, in constant time: neither content nor length shows in the time taken. */
function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
