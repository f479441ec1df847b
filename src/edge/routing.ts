import type { Router } from 'hono/router'
import type { Handler, RouterRoute } from 'hono/types'
import { Problem } from '../problem.ts'

/** The routes of an application, as Hono keeps them. */
type Routes = Router<[Handler, RouterRoute]>

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** The pattern of the route that a request has there; `undefined` where it has none. HEAD is answered as GET is. */
export function routeAt(routes: Routes, method: string, path: string): string | undefined {
  const [matches] = routes.match(method === 'HEAD' ? 'GET' : method, path)
  return matches.findLast(([[, route]]) => isRoute(route))?.[0][1].path
}

/** Whether it is a route, and not middleware, which has wildcards; what is registered last is not always the handler. */
export function isRoute({ path }: RouterRoute): boolean {
  return !path.endsWith('*')
}

/**
 * Why a request has no route: `method_not_allowed`, with the methods that the path has, where it has some (RFC 9110
 * section 15.5.6), else `not_found`.
 */
export function noRoute(routes: Routes, path: string): Problem {
  const allow = METHODS.filter((method) => routeAt(routes, method, path) !== undefined)
  if (allow.length === 0) return new Problem('not_found')
  return new Problem('method_not_allowed', {
    allow: allow.flatMap((one) => (one === 'GET' ? [one, 'HEAD'] : [one])),
  })
}
