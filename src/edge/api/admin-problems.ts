import type { ProblemCode } from '../../problem.ts'
import { problems } from '../../routes/openapi.ts'

/** The refusals of a route for the admin: `codes`, and what every such request may end in. */
export function adminProblems(...codes: readonly ProblemCode[]): ReturnType<typeof problems> {
  return problems(
    ...codes,
    'admin_token_required',
    'cross_origin',
    'rate_limited',
    'internal_error',
    'config_invalid',
    'limiter_unavailable',
    'ledger_unavailable',
    'host_unavailable',
    'host_overloaded',
  )
}

/** For routes that only the holder of `ADMIN_TOKEN` may call. */
export const ADMIN = [{ adminToken: [] }]
