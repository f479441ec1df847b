import type { Context } from 'hono'
import { matchedRoutes } from 'hono/route'
import { routes } from '../routes/app.ts'
import type { EdgeEnv } from './bindings.ts'
import { isRoute, routeAt } from './routing.ts'

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
    matchedRoutes(c).findLast(isRoute)?.path ??
    c.get('spent')?.route ??
    (c.req.path.startsWith('/api/') ? routeAt(routes.router, c.req.method, c.req.path) : undefined) ??
    'unknown'
  )
}
