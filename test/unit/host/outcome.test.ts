import { expect, test, vi } from 'vitest'
import { outcomeOf, resultOf } from '../../../src/host/outcome.ts'
import { Problem } from '../../../src/problem.ts'

/** An outcome as it comes out on the other side of an object's boundary. */
const crossed = async (work: () => Promise<unknown>) => structuredClone(await outcomeOf('req-1', work))

test('what went well crosses a boundary as it was', async () => {
  const user = { id: '1', created_at: new Date(0) }
  expect(resultOf(await crossed(async () => user))).toEqual(user)
  expect(resultOf(await crossed(async () => null))).toBeNull()
})

test('a problem crosses a boundary as it was', async () => {
  const problem = new Problem('email_taken', { detail: 'Late.', field: 'email', retryAfter: 7 })
  const outcome = await crossed(() => Promise.reject(problem))
  expect(() => resultOf(outcome)).toThrow(problem)
  expect(outcome.problem).toEqual({
    code: 'email_taken',
    options: { detail: 'Late.', field: 'email', retryAfter: 7 },
  })
})

test('what is no problem crosses as an internal error, and leaves its class in the log', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  const outcome = await crossed(() => Promise.reject(new RangeError('hush')))
  expect(outcome.problem).toEqual({ code: 'internal_error', options: {} })
  expect(JSON.stringify(outcome)).not.toContain('hush')
  expect(logged.mock.lastCall?.[0]).toMatchObject({
    event: 'error.unexpected',
    error: 'RangeError',
    request_id: 'req-1',
  })
  logged.mockRestore()
})
