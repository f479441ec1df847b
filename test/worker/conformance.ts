import { z } from 'zod'
import { edge } from '../../src/edge/app.ts'
import { apiDocument } from '../../src/edge/docs/document.ts'
import { routes } from '../../src/routes/app.ts'

/** JSON as the document has it. */
type Json = Readonly<Record<string, unknown>>

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema: Json }>> }>
  >
}

const document = JSON.parse(JSON.stringify(apiDocument({ edge, tenants: routes }))) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Json>> }
}

/** Paths without parameters first: they are the ones that match where both do. */
const PATHS = Object.keys(document.paths)
  .map((path) => ({ path, pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`) }))
  .sort((a, b) => a.path.split('{').length - b.path.split('{').length)

const compiled = new Map<Json, z.ZodType>()

/**
 * Throws unless the document says that `method` on `path` may answer so, down to every field; what it does not describe
 * at all, as a path that is not there, passes.
 */
export function expectConformance(
  { method, path }: { method: string; path: string },
  { status, type, body }: { status: number; type: string; body: unknown },
): void {
  const { pathname } = new URL(path, 'http://rockpool.test')
  const found = PATHS.find(({ pattern }) => pattern.test(pathname))
  const operation = found && document.paths[found.path]?.[method.toLowerCase()]
  if (!operation) return
  const what = `${method} ${found.path} answered ${status} ${JSON.stringify(body)}`
  const content = operation.responses[status]?.content
  const schema = content?.[type.replace(/;.*/, '')]?.schema
  if (!schema) throw new Error(`${what}, which the document does not say of it`)
  const result = compile(schema).safeParse(body)
  if (!result.success) throw new Error(`${what}: ${z.prettifyError(result.error)}`)
}

function compile(schema: Json): z.ZodType {
  let one = compiled.get(schema)
  if (!one) {
    one = z.fromJSONSchema(closed(schema) as Parameters<typeof z.fromJSONSchema>[0])
    compiled.set(schema, one)
  }
  return one
}

/** `schema` with its references put in, and no fields allowed that it does not name. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const { $ref, allOf, ...rest } = schema as Json
  if (typeof $ref === 'string') return closed(document.components.schemas[$ref.replace(/^.*\//, '')])
  // An intersection, which is what zod makes of it, is closed only as one object.
  if (Array.isArray(allOf)) {
    const parts = allOf.map(closed) as Json[]
    const properties = Object.assign({}, ...parts.map((part) => part.properties))
    return Object.assign({}, ...parts, { properties })
  }
  const fields = Object.entries(rest).map(([name, value]) => [name, closed(value)])
  const open = 'properties' in rest && !('additionalProperties' in rest)
  return { ...Object.fromEntries(fields), ...(open && { additionalProperties: false }) }
}
