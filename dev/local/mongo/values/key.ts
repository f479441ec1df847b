import { type Binary, Decimal128, ObjectId } from 'bson'
import { isDoc } from './codec.ts'
import { ORDER, toNumeric, typeOrder } from './compare.ts'

/**
 * A string that two values share exactly when MongoDB holds them equal: 1, 1.0 and a long 1 have the same key.
 * For hash maps; it says nothing about order.
 */
export function keyOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `s${value}`
    case 'number':
      return `n${value}`
    case 'undefined':
      return 'u'
  }
  if (value === null) return 'z'
  if (value instanceof ObjectId) return `o${value.toHexString()}`
  if (Array.isArray(value)) return `[${value.map(part).join('')}]`
  if (isDoc(value))
    return `{${Object.keys(value)
      .map((name) => part(name) + part(value[name]))
      .join('')}}`
  if (value instanceof Decimal128) return `n${Number(value.toString())}`
  const order = typeOrder(value)
  switch (order) {
    case ORDER.number:
      return `n${toNumeric(value)}`
    case ORDER.date:
      return `d${(value as Date).getTime()}`
    case ORDER.string:
      return `s${String(value)}`
    case ORDER.binary: {
      const binary = value as Binary
      return `b${binary.sub_type}:${binary.toString('hex')}`
    }
    default:
      return `${order}:${JSON.stringify(value)}`
  }
}

// Length first, so that no two different lists of parts run together into the same text.
function part(value: unknown): string {
  const key = keyOf(value)
  return `${key.length}:${key}`
}
