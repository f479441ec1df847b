import type { ErrorHandler } from 'hono'
import { problemResponse, toProblem } from '../problem.ts'
import { logUnexpected } from '../telemetry/log.ts'
import type { EdgeEnv } from './bindings.ts'

/** The answer to whatever was thrown; what is no `Problem` is logged. */
export const endInProblem: ErrorHandler<EdgeEnv> = (error, c) => {
  logUnexpected(error, { request_id: c.var.requestId })
  const problem = toProblem(error)
  c.set('problem', problem)
  return problemResponse(problem, c.get('requestId'))
}
