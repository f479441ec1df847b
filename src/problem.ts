/**
 * The one family of errors that a caller can meet. Every refusal and every fault is a `Problem` with a stable
 * `code`; one function turns it into an RFC 9457 answer. A `Problem` never carries a driver's message, a stack or a
 * connection string: what is thrown at a lower floor is translated where it is caught (engines/fault.ts), so nothing
 * is left that could leak.
 */

/** HTTP status and title of every code. Titles are stable; what differs from case to case goes into `detail`. */
const KINDS = {
  invalid_request: [400, 'The request is not valid'],
  invalid_url: [400, 'The URL or the host is not valid'],
  missing_user_id: [400, 'User ID not found in request'],
  invalid_user_id: [400, 'The user ID is not valid'],
  invalid_token: [401, 'The bearer token is not valid'],
  invalid_credentials: [401, 'The email or the password is wrong'],
  invalid_refresh_token: [401, 'The refresh token is not valid'],
  admin_token_required: [401, 'This route needs the admin token'],
  forbidden: [403, 'The role of the user does not allow this'],
  cross_origin: [403, 'The request does not come from the dashboard'],
  unknown_tenant: [403, 'The tenant is not known'],
  tenant_suspended: [403, 'The tenant is suspended'],
  user_id_mismatch: [403, 'The user ID differs from the one in the token'],
  not_found: [404, 'Not found'],
  connection_not_found: [404, 'No connection found'],
  method_not_allowed: [405, 'The path has no such method'],
  request_timeout: [408, 'The request took too long to arrive'],
  conflict: [409, 'The request conflicts with what is stored'],
  directory_read_only: [409, 'The tenants of this deployment are those of its variable TENANTS'],
  schema_conflict: [409, 'The database of the tenant has something else in the way'],
  email_taken: [409, 'There is a user with this email'],
  precondition_failed: [412, 'It was changed since it was read'],
  payload_too_large: [413, 'The request body is too large'],
  unsupported_media_type: [415, 'The request body must be application/json'],
  answer_too_large: [422, 'The answer is larger than the database hands on'],
  unprocessable: [422, 'The database refused a value in the request'],
  sign_in_busy: [429, 'Too many sign-ins at once'],
  rate_limited: [429, 'Too many requests'],
  too_many_attempts: [429, 'Too many attempts to sign in'],
  client_closed_request: [499, 'The caller went away'],
  internal_error: [500, 'Something went wrong here'],
  query_failed: [500, 'The database refused the query'],
  sign_in_off: [501, 'This deployment has no sign-in of its own'],
  database_misconfigured: [502, 'The database cannot be used as this deployment is set up'],
  database_refused: [502, 'The database refused the connection'],
  bodies_busy: [503, 'Too many request bodies arrive at once'],
  budget_exhausted: [503, 'The database has no connection left'],
  config_invalid: [503, 'This deployment is not configured correctly'],
  connection_lost: [503, 'The connection to the database was lost'],
  database_unavailable: [503, 'The database cannot be reached'],
  directory_unavailable: [503, 'The tenant directory cannot be reached'],
  keys_unavailable: [503, 'The keys that verify tokens cannot be read'],
  host_unavailable: [503, 'The pool host was reset'],
  host_overloaded: [503, 'The pool host has more requests than it can take'],
  pool_cache_full: [503, 'Every pool of this host is in use'],
  limiter_unavailable: [503, 'The rate limiter cannot be reached'],
  ledger_unavailable: [503, 'The ledger cannot be reached'],
  paused: [503, 'Requests are paused'],
  pool_closed: [503, 'The pool was closed'],
  pool_queue_full: [503, 'Too many requests are waiting for a connection'],
  read_only: [503, 'The database takes no writes now'],
  pool_timeout: [503, 'No connection became free in time'],
  schema_missing: [503, 'What the tenant needs in its database was missing, and is being made again'],
  sign_in_unavailable: [503, 'Sign-in is not possible now'],
  transaction_conflict: [503, 'The transaction met another one'],
  write_unconfirmed: [503, 'The database did not confirm the write: it may be there'],
  database_timeout: [504, 'The database did not answer in time'],
} as const satisfies Record<string, readonly [number, string]>

/** What went wrong, in a word that clients may rely on. */
export type ProblemCode = keyof typeof KINDS

export const PROBLEM_CODES = Object.keys(KINDS) as readonly ProblemCode[]

export interface ProblemOptions {
  /** For the caller; nothing internal. */
  detail?: string
  /** Seconds after which a retry makes sense; becomes `Retry-After`. */
  retryAfter?: number
  /** The field of the request that is at fault. */
  field?: string
  /** The methods that the path has; becomes `Allow`. */
  allow?: readonly string[]
  /** For the log alone: the engine and the code of its error, as `postgres 42P01`. Never a message. */
  fault?: string
}

/** The status and the title that answers with a code have. */
export function kindOf(code: ProblemCode): { readonly status: number; readonly title: string } {
  const [status, title] = KINDS[code]
  return { status, title }
}

/** An ending other than success that the caller may see. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly retryAfter: number | undefined
  readonly field: string | undefined
  readonly detail: string | undefined
  readonly allow: readonly string[] | undefined
  readonly fault: string | undefined

  constructor(code: ProblemCode, options: ProblemOptions = {}) {
    super(options.detail ?? kindOf(code).title)
    this.code = code
    this.detail = options.detail
    this.retryAfter = options.retryAfter
    this.field = options.field
    this.allow = options.allow
    this.fault = options.fault
  }

  get status(): number {
    return kindOf(this.code).status
  }

  get title(): string {
    return kindOf(this.code).title
  }
}

/** `error` as a `Problem`: itself, or `internal_error` for what nobody foresaw. */
export function toProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem('internal_error')
}

/**
 * The RFC 9457 answer to a problem. 503 and 504 always say when to come back (RFC 9110 section 10.2.3), 401 says how
 * to authenticate (RFC 6750 section 3).
 */
export function problemResponse(problem: Problem, requestId: string): Response {
  const headers = new Headers({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  })
  const { status } = problem
  const retryAfter = problem.retryAfter ?? (status === 503 || status === 504 ? 1 : undefined)
  if (retryAfter !== undefined) headers.set('retry-after', String(Math.max(1, Math.ceil(retryAfter))))
  if (problem.allow) headers.set('allow', problem.allow.join(', '))
  const challenge = challengeOf(problem)
  if (challenge !== undefined) headers.set('www-authenticate', challenge)
  const body = {
    type: 'about:blank',
    title: problem.title,
    status,
    code: problem.code,
    detail: problem.detail,
    field: problem.field,
    request_id: requestId,
  }
  return new Response(JSON.stringify(body), { status, headers })
}

/** How to authenticate, for every 401 (RFC 9110 section 11.6.1), in the words of RFC 6750 section 3. */
function challengeOf({ code, status, detail }: Problem): string | undefined {
  if (code === 'admin_token_required') return 'Bearer realm="admin"'
  if (code === 'invalid_token') {
    return `Bearer error="invalid_token"${detail === undefined ? '' : `, error_description="${detail}"`}`
  }
  return status === 401 ? 'Bearer' : undefined
}
