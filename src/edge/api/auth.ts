import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import type { ProblemCode } from '../../problem.ts'
import { BODY_PROBLEMS, DATABASE_PROBLEMS, json, problems } from '../../routes/openapi.ts'
import { ROLES } from '../../tenants/caller.ts'
import { Login, Refresh, Registration } from '../auth/credentials.ts'

/**
 * Descriptions of the sign-in: its handlers check the bodies themselves, because first comes whether the deployment has
 * a sign-in, and who may register.
 */
const common = { method: 'post' as const, tags: ['Sign-in'] }

const body = (schema: z.ZodType) => ({
  body: { required: true, content: { 'application/json': { schema } } },
})

const SignedIn = z
  .object({
    user_id: z.string().meta({ description: 'The tenant.' }),
    user: z.object({
      id: z.string(),
      email: z.string(),
      name: z.string().nullable(),
      role: z.enum(ROLES),
    }),
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.number().meta({ description: 'Seconds.' }),
    refresh_token: z.string(),
    refresh_expires_in: z.number().meta({ description: 'Seconds.' }),
  })
  .meta({ id: 'SignedIn' })

const refusals = (...codes: readonly ProblemCode[]) =>
  problems(
    ...BODY_PROBLEMS,
    ...codes,
    'internal_error',
    'sign_in_off',
    'config_invalid',
    'sign_in_unavailable',
  )

/** What reaches a tenant's users may end in. */
const USERS = ['unknown_tenant', 'tenant_suspended', 'directory_unavailable', ...DATABASE_PROBLEMS] as const

export const SIGN_IN_ROUTES = [
  createRoute({
    ...common,
    path: '/register',
    summary: 'Register a user of a tenant',
    description: 'Takes the admin token, unless registration is open.',
    security: [{ adminToken: [] }, {}],
    request: body(Registration),
    responses: {
      201: json(SignedIn, 'The user is registered and signed in'),
      ...refusals(
        'missing_user_id',
        'admin_token_required',
        'rate_limited',
        'email_taken',
        'too_many_attempts',
        'limiter_unavailable',
        'sign_in_busy',
        ...USERS,
      ),
    },
  }),
  createRoute({
    ...common,
    path: '/login',
    summary: 'Sign in',
    request: body(Login),
    responses: {
      200: json(SignedIn, 'The user is signed in'),
      ...refusals('missing_user_id', 'invalid_credentials', 'too_many_attempts', 'sign_in_busy', ...USERS),
    },
  }),
  createRoute({
    ...common,
    path: '/refresh',
    summary: 'Exchange a refresh token for the next pair of tokens',
    request: body(Refresh),
    responses: {
      200: json(SignedIn, 'The next pair of tokens'),
      ...refusals('invalid_refresh_token', ...USERS),
    },
  }),
  createRoute({
    ...common,
    path: '/logout',
    summary: 'Sign out',
    request: body(Refresh),
    responses: { 204: { description: 'The refresh token is of no more use' }, ...refusals() },
  }),
]
