import { Hono } from 'hono'
import type { Env } from '../env.ts'
import { Problem } from '../problem.ts'
import { edge } from './app.ts'
import type { EdgeEnv } from './bindings.ts'
import { canonicalUrl } from './canonical-url.ts'
import { endInProblem } from './ending.ts'
import { traced } from './traced.ts'

/**
 * What answers a request whose URL has no canonical form: with 400 on whatever path, traced and logged like any other,
 * before anything is asked of anybody.
 */
const refusals = new Hono<EdgeEnv>({ getPath: () => '/' })
refusals.use(traced)
refusals.onError(endInProblem)
refusals.all('*', () => {
  throw new Problem('invalid_url')
})

/** The Worker's way in. What lies behind it never sees a URL in another form than the canonical one. */
export const door = {
  fetch(request: Request, env: Env, ctx: ExecutionContext): Response | Promise<Response> {
    const url = canonicalUrl(request.url, request.headers.get('host'))
    if (url === undefined) return refusals.fetch(request, env, ctx)
    return edge.fetch(url === request.url ? request : new Request(url, request), env, ctx)
  },
} satisfies ExportedHandler<Env>
