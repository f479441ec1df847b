import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context, Env } from 'hono'
import { createMiddleware } from 'hono/factory'
import { z } from 'zod'
import { kindOf, type ProblemCode } from '../problem.ts'
import { invalidInput, readJson } from './input.ts'

/**
 * An app whose routes are defined with `createRoute`: what checks their requests is what the document at /openapi.json
 * is made of. A request that does not fit throws `invalid_request` with the field at fault.
 */
export function openApiApp<E extends Env>(): OpenAPIHono<E> {
  return new OpenAPIHono<E>({
    defaultHook: (result) => {
      if (!result.success) throw invalidInput(result.error)
    },
  })
}

/**
 * The part of a route's definition that says what JSON it takes, with what it takes beside. The body is parsed before
 * the library does, whose own refusals are no problem+json, and which takes bytes that are not UTF-8.
 */
export function takes<Body extends z.ZodType, Beside extends object = Record<never, never>>(
  body: Body,
  beside?: Beside,
) {
  return {
    middleware: takesJson,
    request: {
      ...(beside as Beside),
      body: { required: true, content: { 'application/json': { schema: body } } },
    },
  }
}

const takesJson = createMiddleware(async (c: Context, next) => {
  await readJson(c)
  if (c.req.header('content-type') !== JSON_TYPE) writePlainType(c)
  await next()
})

const JSON_TYPE = 'application/json'

/**
 * Has a body that was read as JSON say so in the plainest way: the library knows fewer spellings of the type, and answers
 * others by an error of its own. Its copy needs no body, which is kept beside it.
 */
function writePlainType(c: Context): void {
  const { url, method, signal } = c.req.raw
  const headers = new Headers(c.req.raw.headers)
  headers.set('content-type', JSON_TYPE)
  c.req.raw = new Request(url, { method, headers, signal })
}

/** An answer in JSON, as a route's definition says it. */
export function json<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } }
}

/** What a route that takes JSON may refuse it for. */
export const BODY_PROBLEMS = [
  'invalid_request',
  'payload_too_large',
  'request_timeout',
  'unsupported_media_type',
  'bodies_busy',
] as const satisfies readonly ProblemCode[]

/** What may become of whatever runs on a tenant's database, in its host. */
export const DATABASE_PROBLEMS = [
  'read_only',
  'answer_too_large',
  'schema_conflict',
  'schema_missing',
  'query_failed',
  'database_refused',
  'database_misconfigured',
  'budget_exhausted',
  'connection_lost',
  'database_unavailable',
  'host_unavailable',
  'host_overloaded',
  'ledger_unavailable',
  'pool_cache_full',
  'paused',
  'pool_closed',
  'pool_queue_full',
  'pool_timeout',
  'transaction_conflict',
  'write_unconfirmed',
  'database_timeout',
] as const satisfies readonly ProblemCode[]

/** What every request for a tenant may end in, wherever it runs. */
const TENANT_PROBLEMS = [
  'missing_user_id',
  'invalid_user_id',
  'invalid_token',
  'unknown_tenant',
  'tenant_suspended',
  'user_id_mismatch',
  'rate_limited',
  'internal_error',
  'config_invalid',
  'directory_unavailable',
  'keys_unavailable',
  'limiter_unavailable',
  ...DATABASE_PROBLEMS,
] as const satisfies readonly ProblemCode[]

/** What every route may end in, whatever it is. */
const ANY_ROUTE = ['invalid_url'] as const satisfies readonly ProblemCode[]

/** The refusals of a tenant's route: `codes`, and what every request for a tenant may end in. */
export function tenantProblems(...codes: readonly ProblemCode[]): Record<never, ProblemAnswer> {
  return problems(...codes, ...TENANT_PROBLEMS)
}

/**
 * The refusals of a route by their codes, as its definition says them, and those of any route. No status is in the type: handlers throw them
 * and never return them.
 */
export function problems(...codes: readonly ProblemCode[]): Record<never, ProblemAnswer> {
  // Not of a `Problem`: hundreds of errors, each with its stack, would be a third of what a Worker does at its start.
  const byStatus = Object.groupBy(new Set([...codes, ...ANY_ROUTE]), (code) => kindOf(code).status)
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, some]) => [status, problemAnswer(some ?? [])]),
  )
}

/** The name under which the document describes the form of every problem. */
export const PROBLEM_SCHEMA = 'Problem'

type ProblemAnswer = ReturnType<typeof problemAnswer>

function problemAnswer(codes: readonly ProblemCode[]) {
  const told = codes.map((code) => `\`${code}\`: ${kindOf(code).title}.`)
  const code = { type: 'string' as const, enum: [...codes] }
  const schema = {
    allOf: [
      { $ref: `#/components/schemas/${PROBLEM_SCHEMA}` },
      { type: 'object' as const, properties: { code } },
    ],
  }
  return { description: told.join(' '), content: { 'application/problem+json': { schema } } }
}

/** A point in time in an answer: UTC, ISO 8601, in milliseconds. */
export const time = z.iso.datetime({ precision: 3 })
