import { expect, test } from 'vitest'
import { Problem, type ProblemCode, problemResponse, toProblem } from '../../src/problem.ts'

test('a problem is answered in the form of RFC 9457', async () => {
  const response = problemResponse(
    new Problem('invalid_request', { field: 'title', detail: 'Too long.' }),
    'req-1',
  )
  expect(response.status).toBe(400)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await response.json()).toEqual({
    type: 'about:blank',
    title: 'The request is not valid',
    status: 400,
    code: 'invalid_request',
    detail: 'Too long.',
    field: 'title',
    request_id: 'req-1',
  })
})

test('what is not known is left out', async () => {
  const text = await problemResponse(new Problem('not_found'), 'req-1').text()
  expect(Object.keys(JSON.parse(text))).toEqual(['type', 'title', 'status', 'code', 'request_id'])
})

test.each<[ProblemCode, number | undefined, string | null]>([
  ['pool_timeout', undefined, '1'],
  ['database_timeout', undefined, '1'],
  ['pool_timeout', 0, '1'],
  ['pool_timeout', 0.2, '1'],
  ['pool_timeout', 1.2, '2'],
  ['database_unavailable', 30, '30'],
  ['invalid_request', 3, '3'],
  ['not_found', undefined, null],
  ['database_refused', undefined, null],
  ['query_failed', undefined, null],
])('%s with a retry after %s seconds says Retry-After: %s', (code, retryAfter, header) => {
  const options = retryAfter === undefined ? {} : { retryAfter }
  expect(problemResponse(new Problem(code, options), 'id').headers.get('retry-after')).toBe(header)
})

test.each<[ProblemCode, string | null]>([
  ['invalid_token', 'Bearer error="invalid_token"'],
  ['admin_token_required', 'Bearer realm="admin"'],
  ['invalid_credentials', 'Bearer'],
  ['invalid_user_id', null],
])('%s says how to authenticate: %s', (code, header) => {
  expect(problemResponse(new Problem(code), 'id').headers.get('www-authenticate')).toBe(header)
})

test('a refused token says why where clients look for it', () => {
  const problem = new Problem('invalid_token', { detail: 'The token has expired.' })
  expect(problemResponse(problem, 'id').headers.get('www-authenticate')).toBe(
    'Bearer error="invalid_token", error_description="The token has expired."',
  )
})

test('whatever else was thrown is an internal error that tells nothing of it', async () => {
  for (const error of [new Error('hush'), 'hush', null, undefined, { code: 'hush' }]) {
    const problem = toProblem(error)
    expect(problem.code).toBe('internal_error')
    expect(await problemResponse(problem, 'id').text()).not.toContain('hush')
  }
  const problem = new Problem('conflict')
  expect(toProblem(problem)).toBe(problem)
})
