import type { Context } from 'hono'
import { z } from 'zod'
import { cut } from '../cut.ts'
import { Problem } from '../problem.ts'

/**
 * What the JSON of a request may come to, in bytes of compact UTF-8: a text is as long whether its characters were
 * escaped on the way or not.
 */
const MAX_JSON_BYTES = 1024 * 1024

/** A field's name is the caller's own text: so much of it is repeated at most. */
const LONGEST_FIELD = 100

/** The JSON body of a request, checked. Throws a `Problem` that names the first field at fault. */
export async function readBody<Schema extends z.ZodType>(
  c: Context,
  schema: Schema,
): Promise<z.output<Schema>> {
  return checked(schema, await readJson(c))
}

/** The query parameters of a request, checked; parameters that the schema does not name are left alone. */
export function readQuery<Schema extends z.ZodType>(c: Context, schema: Schema): z.output<Schema> {
  return checked(schema, c.req.query())
}

/**
 * The JSON body of a request. Throws `unsupported_media_type`, `invalid_request` for what is not JSON in UTF-8, or
 * `payload_too_large`.
 */
export async function readJson(c: Context): Promise<unknown> {
  const [type = ''] = (c.req.header('content-type') ?? '').split(';')
  if (type.trim().toLowerCase() !== 'application/json') throw new Problem('unsupported_media_type')
  const bytes = await c.req.arrayBuffer()
  const value = parseJson(bytes)
  // Compact UTF-8 is the shortest spelling, so most bodies need not be counted again.
  if (bytes.byteLength > MAX_JSON_BYTES && compactSize(value) > MAX_JSON_BYTES)
    throw new Problem('payload_too_large', { detail: `At most ${MAX_JSON_BYTES} bytes of compact JSON.` })
  return value
}

/** A whole number in a query parameter, in plain digits. */
export function whole(min: number, max: number) {
  const error = `Expected a whole number from ${min} to ${max}.`
  return z
    .string({ error })
    .regex(/^\d{1,9}$/, { error })
    .transform(Number)
    .pipe(z.number().min(min, { error }).max(max, { error }))
    .meta({ description: `A whole number from ${min} to ${max}.` })
}

/** What is wrong with a request by the first thing that a schema found, as a `Problem` that names the field. */
export function invalidInput({ issues }: z.core.$ZodError): Problem {
  const issue = issues[0]
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys : []
  const path = [...(issue?.path ?? []), ...unknown.slice(0, 1)].map(String).join('.')
  const reason = unknown.length > 0 ? 'This field is not known.' : (issue?.message ?? 'Not valid.')
  return new Problem('invalid_request', { detail: reason, ...(path && { field: cut(path, LONGEST_FIELD) }) })
}

function compactSize(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).byteLength
}

function parseJson(bytes: ArrayBuffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    throw new Problem('invalid_request', { detail: 'The body is not valid JSON in UTF-8.' })
  }
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value)
  if (!result.success) throw invalidInput(result.error)
  return result.data
}
