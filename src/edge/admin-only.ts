import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { Problem } from '../problem.ts'
import type { EdgeEnv } from './bindings.ts'
import { limitAddress, limitAdmin } from './limit.ts'

/** Lets only the holder of `ADMIN_TOKEN` pass, within its limit. Closed where no token is configured. */
export const adminOnly = createMiddleware<EdgeEnv>(async (c, next) => {
  await requireAdmin(c)
  await next()
})

/** Throws `admin_token_required` unless the caller brings `ADMIN_TOKEN`; who guesses at it is limited by address. */
export async function requireAdmin(c: Context<EdgeEnv>): Promise<void> {
  const token = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
  const expected = c.var.config.adminToken
  if (token === undefined || expected === undefined || !sameSecret(token, expected)) {
    await limitAddress(c)
    throw new Problem('admin_token_required')
  }
  await limitAdmin(c)
}

/** Compares digests, which are of one length, in constant time: neither content nor length shows in the time taken. */
function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
