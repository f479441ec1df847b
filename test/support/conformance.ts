import { z } from 'zod'

/** JSON as the document has it. */
type Json = Readonly<Record<string, unknown>>

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema: Json }>> }>
  >
}

/** An OpenAPI document, as far as answers are held to it. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Json>> }
}

/** Holds answers to an OpenAPI document. */
export class Conformance {
  readonly #document: ApiDocument
  /** Paths without parameters first: they are the ones that match where both do. */
  readonly #paths: readonly { readonly path: string; readonly pattern: RegExp }[]
  readonly #compiled = new Map<Json, z.ZodType>()

  constructor(document: ApiDocument) {
    this.#document = document
    this.#paths = Object.keys(document.paths)
      .map((path) => ({ path, pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`) }))
      .sort((a, b) => a.path.split('{').length - b.path.split('{').length)
  }

  /**
   * Throws unless the document says that `method` on `path` may answer so, down to every field; what it does not
   * describe at all, as a path that is not there, passes.
   */
  expect(
    { method, path }: { method: string; path: string },
    { status, type, body }: { status: number; type: string; body: unknown },
  ): void {
    const { pathname } = new URL(path, 'http://rockpool.test')
    const found = this.#paths.find(({ pattern }) => pattern.test(pathname))
    const operation = found && this.#document.paths[found.path]?.[method.toLowerCase()]
    if (!operation) return
    const what = `${method} ${found.path} answered ${status} ${JSON.stringify(body)}`
    const content = operation.responses[status]?.content
    const schema = content?.[type.replace(/;.*/, '')]?.schema
    if (!schema) throw new Error(`${what}, which the document does not say of it`)
    const result = this.#compile(schema).safeParse(body)
    if (!result.success) throw new Error(`${what}: ${z.prettifyError(result.error)}`)
  }

  #compile(schema: Json): z.ZodType {
    let one = this.#compiled.get(schema)
    if (!one) {
      one = z.fromJSONSchema(this.#closed(schema) as Parameters<typeof z.fromJSONSchema>[0])
      this.#compiled.set(schema, one)
    }
    return one
  }

  /** `schema` with its references put in, and no fields allowed that it does not name. */
  #closed(schema: unknown): unknown {
    if (Array.isArray(schema)) return schema.map((part) => this.#closed(part))
    if (typeof schema !== 'object' || schema === null) return schema
    const { $ref, allOf, ...rest } = schema as Json
    if (typeof $ref === 'string') {
      return this.#closed(this.#document.components.schemas[$ref.replace(/^.*\//, '')])
    }
    // An intersection, which is what zod makes of it, is closed only as one object.
    if (Array.isArray(allOf)) {
      const parts = allOf.map((part) => this.#closed(part)) as Json[]
      const properties = Object.assign({}, ...parts.map((part) => part.properties))
      return Object.assign({}, ...parts, { properties })
    }
    const fields = Object.entries(rest).map(([name, value]) => [name, this.#closed(value)])
    const open = 'properties' in rest && !('additionalProperties' in rest)
    return { ...Object.fromEntries(fields), ...(open && { additionalProperties: false }) }
  }
}
