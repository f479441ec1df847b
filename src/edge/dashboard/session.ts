import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { CookieOptions } from 'hono/utils/cookie'
import type { EdgeEnv } from '../bindings.ts'
import { isSessionToken, issueSessionToken, SESSION_S, sessionKey } from './session-token.ts'

const NAME = 'rockpool_session'

/** With `__Host-` no other host of the domain can set it (RFC 6265bis section 4.1.3.2). */
const COOKIE = {
  prefix: 'host',
  path: '/',
  secure: true,
  httpOnly: true,
  sameSite: 'Strict',
} as const satisfies CookieOptions

/** Whether the request comes with a session that `ADMIN_TOKEN`, as it is now, has opened. */
export async function hasSession(c: Context<EdgeEnv>): Promise<boolean> {
  const token = getCookie(c, NAME, 'host')
  const { adminToken } = c.var.config
  if (token === undefined || adminToken === undefined) return false
  return isSessionToken(token, sessionKey(adminToken), new Date())
}

/** Opens a session for who has shown `adminToken`. */
export async function openSession(c: Context<EdgeEnv>, adminToken: string): Promise<void> {
  const token = await issueSessionToken(sessionKey(adminToken), { now: new Date(), id: crypto.randomUUID() })
  setCookie(c, NAME, token, { ...COOKIE, maxAge: SESSION_S })
}

/** Makes the browser forget its session. */
export function closeSession(c: Context<EdgeEnv>): void {
  deleteCookie(c, NAME, COOKIE)
}
