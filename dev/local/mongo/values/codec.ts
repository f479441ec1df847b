import { DBRef, Double, deserialize, Int32, serialize } from 'bson'
import { CommandError } from '../errors.ts'

export type Doc = Record<string, unknown>

/** MongoDB's limits: https://www.mongodb.com/docs/manual/reference/limits/ */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
const MAX_DEPTH = 200

const OPTIONS = {
  promoteValues: false,
  promoteLongs: false,
  promoteBuffers: false,
  bsonRegExp: true,
  validation: { utf8: false },
} as const

/**
 * Decodes a document into its exact form, from which `encode` makes the same types again.
 *
 * `bson` writes a whole number that fits 32 bits as int32 and any other number as double. So int32 and double become
 * plain numbers wherever that rule gives the same type back, and stay `Double` or `Long` objects where it would not.
 * `rawArrays` names array fields whose documents are left as bytes.
 */
export function decode(bytes: Uint8Array, rawArrays?: Record<string, boolean>): Doc {
  let doc: Doc
  try {
    doc = deserialize(bytes, rawArrays ? { ...OPTIONS, fieldsAsRaw: rawArrays } : OPTIONS)
  } catch (error) {
    throw new CommandError('FailedToParse', `invalid BSON: ${(error as Error).message}`)
  }
  settleFields(doc, 0)
  return doc
}

/** Encodes a document in exact form. A field that is undefined is left out. Throws BadValue on what BSON cannot hold. */
export function encode(doc: Doc): Uint8Array {
  try {
    return serialize(doc, { ignoreUndefined: true })
  } catch (error) {
    throw new CommandError('BadValue', `a document cannot be encoded: ${(error as Error).message}`)
  }
}

/** True for a number that `bson` writes as int32. */
export function isInt32(value: number): boolean {
  return (value | 0) === value && !Object.is(value, -0)
}

/** True for an embedded document: a plain object, and not one of bson's value classes. */
export function isDoc(value: unknown): value is Doc {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

function settleFields(doc: Doc, depth: number): void {
  if (depth > MAX_DEPTH) {
    throw new CommandError('Overflow', `BSONObj exceeded maximum nested object depth: ${MAX_DEPTH}`)
  }
  for (const key of Object.keys(doc)) {
    const value = doc[key]
    if (typeof value === 'object' && value !== null) {
      const settled = settle(value, depth)
      if (settled !== value) setField(doc, key, settled)
    }
  }
}

function settle(value: object, depth: number): unknown {
  switch (Object.getPrototypeOf(value)) {
    case Object.prototype:
      settleFields(value as Doc, depth + 1)
      return value
    case Array.prototype:
      settleFields(value as unknown as Doc, depth + 1)
      return value
    case Int32.prototype:
      return (value as Int32).value
    case Double.prototype: {
      const number = (value as Double).value
      return isInt32(number) ? value : number
    }
    case DBRef.prototype: {
      // bson turns every { $ref, $id } into a DBRef; queries such as 'owner.$id' need the document.
      const { collection, oid, db, fields } = value as DBRef
      const doc: Doc = { $ref: collection, $id: oid, ...(db ? { $db: db } : {}), ...fields }
      settleFields(doc, depth + 1)
      return doc
    }
    default:
      return value
  }
}

/** Sets a field by its name, even when the name is `__proto__`. */
export function setField(doc: Doc, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(doc, key, { value, writable: true, enumerable: true, configurable: true })
  } else {
    doc[key] = value
  }
}

/** A copy that shares no document or array with the original; bson values are immutable here and stay shared. */
export function copyValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyValue)
  if (!isDoc(value)) return value
  const copy: Doc = {}
  for (const key of Object.keys(value)) setField(copy, key, copyValue(value[key]))
  return copy
}
