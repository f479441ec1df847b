import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { Problem } from '../../problem.ts'
import type { EdgeEnv } from '../bindings.ts'

/** Of its own origin the page may load and ask what it needs, from others nothing; and nobody may frame it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
]

const HEADERS = {
  'content-security-policy': POLICY.join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** hono/secure-headers and hono/utils/mime would do this and the types below for 2 KiB of a bundle that is nearly full. */
export const pageHeaders = createMiddleware<EdgeEnv>(async (c, next) => {
  await next()
  for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value)
})

/** By the ending of a name: workerd's disk service tells no types (workerd.capnp, DiskDirectory). */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['html', 'text/html; charset=utf-8'],
  ['js', 'text/javascript; charset=utf-8'],
  ['css', 'text/css; charset=utf-8'],
  ['svg', 'image/svg+xml'],
])

/**
 * A file of the dashboard's assets. Browsers keep it and ask each time whether it is still the same. Throws
 * `not_found`, for any file where there is no `ADMIN_TOKEN` to sign in with.
 */
export async function serveAsset(c: Context<EdgeEnv>, path: string): Promise<Response> {
  const type = TYPES.get(path.replace(/^.*\./, ''))
  if (c.var.config.adminToken === undefined || type === undefined) throw new Problem('not_found')
  const known = c.req.header('if-none-match')
  const found = await c.env.ASSETS.fetch(new URL(path, c.req.url), {
    headers: known === undefined ? {} : { 'if-none-match': known },
  })
  if (found.status !== 200 && found.status !== 304) {
    await found.body?.cancel()
    throw new Problem('not_found')
  }
  const headers = new Headers({ 'content-type': type, 'cache-control': 'no-cache' })
  const etag = found.headers.get('etag')
  if (etag !== null) headers.set('etag', etag)
  return new Response(found.body, { status: found.status, headers })
}
