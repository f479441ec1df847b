import type { DashboardHistory, DashboardView, SessionState } from '../contract.ts'

/** An answer that says no: what the Worker's problem+json says of it. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  /** 0 when there was no answer at all. */
  readonly status: number
  readonly code: string
  /** `null` when the answer did not say. */
  readonly retryAfterS: number | null

  constructor(status: number, code: string, detail: string, retryAfterS: number | null = null) {
    super(detail)
    this.status = status
    this.code = code
    this.retryAfterS = retryAfterS
  }
}

/** How long the page waits for an answer. */
const TIMEOUT_MS = 10_000

/** Each of these throws a `Refusal` for every other answer than the one asked for. */
export const readSession = () => read<SessionState>('/dashboard/session')
export const readView = () => read<DashboardView>('/dashboard/view')
export const readHistory = () => read<DashboardHistory>('/dashboard/history')
export const signIn = (token: string) => call('POST', '/dashboard/session', { token })
export const signOut = () => call('DELETE', '/dashboard/session')
export const post = (path: string, body: object) => call('POST', path, body)

async function read<Body>(path: string): Promise<Body> {
  const answer = await call('GET', path)
  return (await answer.json()) as Body
}

async function call(method: string, path: string, body?: object): Promise<Response> {
  let answer: Response
  try {
    answer = await fetch(path, {
      method,
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
  } catch {
    throw new Refusal(0, 'unreachable', 'Rockpool does not answer.')
  }
  if (answer.ok) return answer
  const problem = (await answer.json().catch(() => ({}))) as {
    code?: string
    detail?: string
    title?: string
  }
  const wait = Number(answer.headers.get('retry-after') ?? Number.NaN)
  throw new Refusal(
    answer.status,
    problem.code ?? 'unknown',
    problem.detail ?? problem.title ?? `The answer was ${answer.status}.`,
    Number.isFinite(wait) ? wait : null,
  )
}
