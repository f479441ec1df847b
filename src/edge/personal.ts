import { createMiddleware } from 'hono/factory'
import type { EdgeEnv } from './bindings.ts'

/** What says who asks: a token, a header or a session; a parameter is part of the URL already. */
const WHO_ASKS = 'authorization, x-user-id, cookie'

/**
 * Keeps caches from answering one caller with what another was told (RFC 9111 sections 3 and 5.2.2). What has a tag may
 * be kept by the caller, who asks each time whether it still holds; everything else is kept nowhere.
 */
export const personal = createMiddleware<EdgeEnv>(async (c, next) => {
  await next()
  const { headers } = c.res
  if (!headers.has('cache-control')) {
    headers.set('cache-control', headers.has('etag') ? 'private, no-cache' : 'private, no-store')
  }
  headers.append('vary', WHO_ASKS)
})
