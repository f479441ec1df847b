import type { Context } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { RouterRoute } from 'hono/types'
import { routes } from '../routes/app.ts'
import type { EdgeEnv } from './bindings.ts'

const NAMED = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** The method by name; others, which a client may invent, are `_OTHER` as in OpenTelemetry's `http.request.method`. */
export function methodName(method: string): string {
  return NAMED.has(method) ? method : '_OTHER'
}

/**
 * The pattern of a request's route. Tenants' routes run elsewhere, behind a wildcard here: where one ran it was told, and
 * where a request was refused on the way there it is looked up. All paths that have no route are one.
 */
export function routeName(c: Context<EdgeEnv>): string {
  return (
    matchedRoutes(c).findLast(hasPattern)?.path ??
    c.get('spent')?.route ??
    (c.req.path.startsWith('/api/') ? tenantRoute(c.req.method, c.req.path) : undefined) ??
    'unknown'
  )
}

function tenantRoute(method: string, path: string): string | undefined {
  const [matches] = routes.router.match(method === 'HEAD' ? 'GET' : method, path)
  return matches.findLast(([[, route]]) => hasPattern(route))?.[0][1].path
}

/** Middleware has wildcards; what is registered last is not always the handler. */
function hasPattern({ path }: RouterRoute): boolean {
  return !path.endsWith('*')
}
