import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { BODY_PROBLEMS, json, problems, takes } from '../../routes/openapi.ts'
import type { SessionState } from '../dashboard/contract.ts'
import { adminProblems } from './admin-problems.ts'

const tags = ['Dashboard']
const FILE = /^[a-z0-9][a-z0-9.-]{0,99}$/

export const readPage = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'The fleet as a page',
  responses: {
    200: {
      description: 'Nothing of the fleet yet: it signs in, and asks for the rest',
      content: { 'text/html': { schema: { type: 'string' as const } } },
    },
    ...problems('not_found', 'config_invalid', 'internal_error'),
  },
})

export const readAsset = createRoute({
  method: 'get',
  path: '/assets/{file}',
  tags,
  summary: "The page's script or style",
  request: { params: z.object({ file: z.string().regex(FILE, { error: 'No such file.' }) }) },
  responses: {
    200: { description: 'Of the type that its name says' },
    304: { description: 'Still the one with that `ETag`' },
    ...problems('invalid_request', 'not_found', 'config_invalid', 'internal_error'),
  },
})

const Session: z.ZodType<SessionState> = z.object({ signed_in: z.boolean() }).meta({ id: 'SessionState' })

export const readSession = createRoute({
  method: 'get',
  path: '/session',
  tags,
  summary: 'Whether the browser is signed in',
  responses: {
    200: json(Session, 'By its cookie'),
    ...problems('rate_limited', 'limiter_unavailable', 'config_invalid', 'internal_error'),
  },
})

export const signIn = createRoute({
  method: 'post',
  path: '/session',
  tags,
  summary: 'Sign in with `ADMIN_TOKEN`, for eight hours',
  ...takes(z.strictObject({ token: z.string().max(1_024) })),
  responses: {
    204: { description: 'Signed in, by the cookie `__Host-rockpool_session`' },
    ...adminProblems(...BODY_PROBLEMS),
  },
})

export const signOut = createRoute({
  method: 'delete',
  path: '/session',
  tags,
  summary: 'Sign out',
  responses: {
    204: { description: 'The browser forgets the cookie' },
    ...problems('config_invalid', 'internal_error'),
  },
})
