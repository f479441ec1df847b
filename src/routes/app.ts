import { routePath } from 'hono/route'
import { Problem, problemResponse, toProblem } from '../problem.ts'
import { logUnexpected } from '../telemetry/log.ts'
import type { RouteEnv } from './bindings.ts'
import { comments } from './comments/routes.ts'
import { company } from './company/routes.ts'
import { openApiApp } from './openapi.ts'
import { posts } from './posts/routes.ts'

/** The pattern of what runs before every route, which is the last one that matches where no route does. */
const EVERY_ROUTE = '/*'

/**
 * What tenants call, and nothing else: what only the edge asks of a host is a method of the host. Mounted wherever a
 * tenant's requests run.
 */
export const routes = openApiApp<RouteEnv>()

routes.use(async (c, next) => {
  await next()
  // For the log of requests: outside of here nobody knows more than that it was one of a tenant.
  const pattern = routePath(c, -1)
  if (pattern !== EVERY_ROUTE) c.env.onRoute(pattern)
  // After a refusal too: that there is no such post may be news to a replica only.
  const servedBy = c.get('servedBy')
  if (servedBy !== undefined) c.res.headers.set('x-served-by', servedBy)
})

routes.route('/api/posts', posts)
routes.route('/api/posts', comments)
routes.route('/api/company', company)

routes.notFound((c) => problemResponse(new Problem('not_found'), c.env.requestId))

routes.onError((error, c) => {
  logUnexpected(error, { request_id: c.env.requestId, tenant: c.env.tenant.id })
  const problem = c.env.onProblem(toProblem(error))
  return problemResponse(problem, c.env.requestId)
})
