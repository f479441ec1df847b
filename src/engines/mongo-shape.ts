import type { Document } from 'mongodb'
import type { Asked, DriverCall } from './mongo-commands.ts'
import { bounded } from './sql-shape.ts'

const DEEPEST = 4
/** A name that is longer, or has other characters, is not one of a field that a store made. */
const FIELD_NAME = /^[\w.$]{1,40}$/

/** What was asked, without its values: `find posts {tags}, {sort: {created_at, _id}, limit}`. */
export function mongoShape(asked: readonly Asked[]): string {
  return bounded(asked.map((one) => callShape(asCall(one))).join('; '))
}

/** A command as the call of the driver that stands for it. */
function asCall(asked: Asked): DriverCall {
  if ('method' in asked) return asked
  if ('aggregate' in asked) {
    return { method: 'aggregate', collection: asked.aggregate, args: [asked.pipeline] }
  }
  const { find, filter, ...options } = asked
  return { method: 'find', collection: find, args: [filter, options] }
}

function callShape({ method, collection = '', args }: DriverCall): string {
  const shapes = args.map((arg) => shapeOf(arg, 0)).filter((shape) => shape !== '')
  const name = FIELD_NAME.test(collection) ? [collection] : []
  return [method, ...name, ...(shapes.length > 0 ? [shapes.join(', ')] : [])].join(' ')
}

/** Empty for a value. */
function shapeOf(value: unknown, depth: number): string {
  if (depth > DEEPEST) return ''
  if (Array.isArray(value)) {
    // Of many documents that look the same one is enough.
    const shapes = new Set(value.map((one) => shapeOf(one, depth + 1)).filter((shape) => shape !== ''))
    return shapes.size === 0 ? '' : `[${[...shapes].join(', ')}]`
  }
  if (!isPlain(value)) return ''
  const fields = Object.entries(value).map(([field, inner]) => {
    const shape = shapeOf(inner, depth + 1)
    const name = FIELD_NAME.test(field) ? field : '?'
    return shape === '' ? name : `${name}: ${shape}`
  })
  return `{${fields.join(', ')}}`
}

/** Whether it is a document, and not a value of BSON such as an ObjectId. */
function isPlain(value: unknown): value is Document {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
