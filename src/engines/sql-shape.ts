import { cut } from '../cut.ts'

/** A statement's shape is at most this long. */
const LONGEST = 300
/** What is read of a statement for it: a schema's preparation has kilobytes. */
const READ = 4_000

/**
 * The parts of SQL that can hold a value, or make one look like something else: space and comments, strings in dollars
 * and in quotes, with and without backslashes, a tenant's schema, other quoted names, parameters, names, numbers
 * (postgresql.org/docs/18/sql-syntax-lexical.html). What begins and does not end before the text does is one of them too.
 */
const PARTS = new RegExp(
  [
    String.raw`(?<gap>(?:\s|--[^\n]*|/\*[\s\S]*?(?:\*/|$))+)`,
    String.raw`(?<quote>\$(?<tag>[A-Za-z_]\w*)?\$[\s\S]*?(?:\$\k<tag>\$|$)|[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|'(?:[^']|'')*(?:'|$))`,
    String.raw`(?<schema>"tenant_[^"]*"\.)`,
    String.raw`(?<name>"(?:[^"]|"")*(?:"|$)|\$\d+|[A-Za-z_][\w$]*)`,
    String.raw`(?<number>\.?\d[\w.]*)`,
  ].join('|'),
  'g',
)

/**
 * What a statement looks like without its values: literals are `?`, parameters stay as they are, and the tenant's schema
 * is left out, so that the same statement of two tenants has one shape.
 */
export function sqlShape(text: string): string {
  const shape = text
    .slice(0, READ)
    .replace(PARTS, (...match) => {
      const { gap, quote, schema, number } = match.at(-1) as Partial<Record<string, string>>
      if (schema !== undefined) return ''
      if (gap !== undefined) return ' '
      return quote !== undefined || number !== undefined ? '?' : String(match[0])
    })
    .trim()
  return bounded(shape)
}

/** `shape`, cut to the length that one may have. */
export function bounded(shape: string): string {
  return shape.length > LONGEST ? `${cut(shape, LONGEST)}…` : shape
}
