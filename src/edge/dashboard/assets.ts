import type { Context } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { getMimeType } from 'hono/utils/mime'
import { Problem } from '../../problem.ts'
import type { EdgeEnv } from '../bindings.ts'

/** What the page may load and do: its own script, style and answers, and nothing from or for anybody else. */
export const pageHeaders = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    connectSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: 'DENY',
  // Whether all hosts of a domain are served over TLS alone is not this page's to say.
  strictTransportSecurity: false,
})

/**
 * A file of the dashboard's assets. The type goes by its name: workerd's disk service knows none (workerd.capnp,
 * DiskDirectory). Browsers keep it and ask each time whether it is still the same. Throws `not_found`, for any file
 * where there is no `ADMIN_TOKEN` to sign in with.
 */
export async function serveAsset(c: Context<EdgeEnv>, path: string): Promise<Response> {
  const type = getMimeType(path)
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
