import type { Context } from 'hono'
import { z } from 'zod'
import { Problem } from '../problem.ts'

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

/** The JSON body of a request. Throws `unsupported_media_type`, or `invalid_request` for what is not JSON in UTF-8. */
export async function readJson(c: Context): Promise<unknown> {
  if (!/^application\/json(;\s*[a-z0-9-]+=[^;]+)*$/i.test(c.req.header('content-type') ?? '')) {
    throw new Problem('unsupported_media_type')
  }
  return parseJson(await c.req.arrayBuffer())
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
  const path = [...(issue?.path ?? []), ...unknown.slice(0, 1)].map(String).join('.').slice(0, 100)
  const reason = unknown.length > 0 ? 'This field is not known.' : (issue?.message ?? 'Not valid.')
  return new Problem('invalid_request', { detail: reason, ...(path && { field: path }) })
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
