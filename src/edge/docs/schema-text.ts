/** As much of a JSON Schema as the document has. */
export interface SchemaLike {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, unknown>>
  readonly required?: readonly string[]
  readonly items?: unknown
  readonly additionalProperties?: unknown
  readonly anyOf?: readonly unknown[]
  readonly oneOf?: readonly unknown[]
  readonly allOf?: readonly unknown[]
}

/** A schema in the way in which people write types, its lines indented by `indent`. */
export function schemaText(value: unknown, indent = ''): string {
  const schema = Object(value) as SchemaLike
  if (schema.$ref !== undefined) return schema.$ref.replace(/^.*\//, '')
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  const several = schema.anyOf ?? schema.oneOf
  if (several) return several.map((one) => schemaText(one, indent)).join(' | ')
  if (schema.allOf) return schema.allOf.map((one) => schemaText(one, indent)).join(' & ')
  if (schema.items !== undefined) return `${group(schemaText(schema.items, indent))}[]`
  if (schema.properties) return objectText(schema, indent)
  if (typeof schema.additionalProperties === 'object') {
    return `{ [name]: ${schemaText(schema.additionalProperties, indent)} }`
  }
  return schema.type === undefined ? 'anything' : [schema.type].flat().join(' | ')
}

function objectText({ properties = {}, required = [] }: SchemaLike, indent: string): string {
  const inner = `${indent}  `
  const fields = Object.entries(properties).map(
    ([name, field]) => `${inner}${name}${required.includes(name) ? '' : '?'}: ${schemaText(field, inner)}`,
  )
  return fields.length === 0 ? '{}' : `{\n${fields.join('\n')}\n${indent}}`
}

function group(text: string): string {
  return text.includes(' | ') && !text.startsWith('{') ? `(${text})` : text
}
