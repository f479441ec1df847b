import { createMiddleware } from 'hono/factory'
import { configOf } from '../config.ts'
import { Problem, problemResponse } from '../problem.ts'
import { routes } from '../routes/app.ts'
import { openApiApp } from '../routes/openapi.ts'
import { log } from '../telemetry/log.ts'
import type { VariableFault } from '../variables.ts'
import { admin } from './admin.ts'
import { readLiveness } from './api/health.ts'
import { auth } from './auth/routes.ts'
import type { EdgeEnv } from './bindings.ts'
import { readWhole } from './body.ts'
import { dashboard } from './dashboard/routes.ts'
import { docsOf } from './docs/routes.ts'
import { endInProblem } from './ending.ts'
import { forward } from './forward.ts'
import { health } from './health.ts'
import { limitFields } from './limit.ts'
import { metrics } from './metrics/routes.ts'
import { personal } from './personal.ts'
import { noRoute } from './routing.ts'
import { traced } from './traced.ts'

/**
 * What runs near the caller, behind the door (door.ts). It keeps no sockets; everything it keeps at all is plain data.
 */
export const edge = openApiApp<EdgeEnv>()

const configured = createMiddleware<EdgeEnv>(async (c, next) => {
  const result = configOf(c.env)
  if (!result.ok) {
    logFaults(result.faults)
    throw new Problem('config_invalid')
  }
  c.set('config', result.config)
  await next()
})

edge.use(traced)
edge.openapi(readLiveness, (c) => c.json({ status: 'alive' as const }, 200))
edge.use(configured)
edge.route('/', docsOf({ edge, tenants: routes }))
edge.use(limitFields)
edge.route('/health', health)
for (const path of ['/metrics/*', '/admin/*', '/dashboard/*', '/api/*']) edge.use(path, personal, readWhole)
edge.route('/metrics', metrics)
edge.route('/admin', admin)
edge.route('/dashboard', dashboard)
edge.route('/api/v1/auth', auth)
// What is not there is forwarded to no tenant.
edge.all('/api/v1/auth/*', (c) => c.notFound())
edge.all('/api/*', forward)

edge.notFound((c) => {
  const problem = noRoute(edge.router, c.req.path)
  c.set('problem', problem)
  return problemResponse(problem, c.get('requestId'))
})

edge.onError(endInProblem)

/** Faults that were logged already, so that a broken deployment says so once per isolate and not per request. */
const logged = new WeakSet<readonly VariableFault[]>()

function logFaults(faults: readonly VariableFault[]): void {
  if (logged.has(faults)) return
  logged.add(faults)
  log({
    event: 'config.invalid',
    variables: [...new Set(faults.map((fault) => fault.variable))],
    reasons: faults.map((fault) => `${fault.variable}: ${fault.reason}`),
  })
}
