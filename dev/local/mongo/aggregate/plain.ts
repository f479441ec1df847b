import { BSONRegExp, Double, Int32, Long, Timestamp } from 'bson'
import { toRegExp } from '../query/regex.ts'
import { type Doc, isDoc, setField } from '../values/codec.ts'
import { toNumeric } from '../values/compare.ts'

/**
 * mingo computes with plain numbers only. So documents go in with `Double` and `Long` as numbers (a long beyond 2^53 as
 * bigint), and a copy remembers the document it was made from: object spread carries the symbol through the stages that
 * keep documents, and `restoreTypes` gives back the types of the fields that came through unchanged.
 */
const SOURCE = Symbol('source')
type Traced = Doc & { [SOURCE]?: Doc }

/** A value in exact form as mingo wants it: the same object where nothing needs to change, else a copy. */
export function toPlain(value: unknown): unknown {
  if (value instanceof Double || value instanceof Int32) return value.value
  if (value instanceof Long && !(value instanceof Timestamp)) return toNumeric(value)
  if (Array.isArray(value)) return plainArray(value)
  return isDoc(value) ? plainDoc(value) : value
}

/** A document as mingo wants it, see `toPlain`. */
export function plainDoc(doc: Doc): Doc {
  let copy: Traced | undefined
  for (const key of Object.keys(doc)) {
    const value = doc[key]
    if (typeof value !== 'object' || value === null) continue
    const plain = toPlain(value)
    if (plain === value) continue
    copy ??= { ...doc }
    setField(copy, key, plain)
    if (typeof plain !== 'object') copy[SOURCE] = doc
  }
  return copy ?? doc
}

function plainArray(array: unknown[]): unknown[] {
  let copy: unknown[] | undefined
  for (let i = 0; i < array.length; i++) {
    const plain = toPlain(array[i])
    if (plain === array[i]) continue
    copy ??= array.slice()
    copy[i] = plain
    if (typeof plain !== 'object') (copy as unknown as Traced)[SOURCE] = array as unknown as Doc
  }
  return copy ?? array
}

/** An expression or a stage as mingo wants it: plain numbers, and patterns as `RegExp`. */
export function plainExpression(value: unknown): unknown {
  if (value instanceof BSONRegExp) return toRegExp(value, undefined)
  if (Array.isArray(value)) return value.map(plainExpression)
  if (!isDoc(value)) return toPlain(value)
  const copy: Doc = {}
  for (const key of Object.keys(value)) {
    // A filter is for our own matcher, which wants it as it came.
    setField(copy, key, key === '$match' ? value[key] : plainExpression(value[key]))
  }
  return copy
}

/** Lets a copy that holds some fields of a plain document remember the same source. */
export function copySource(from: Doc, to: Doc): void {
  const source = (from as Traced)[SOURCE]
  if (source) (to as Traced)[SOURCE] = source
}

/** Gives the fields of a result that are still what they were in their source the types they had there. */
export function restoreTypes(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value) && !isDoc(value)) return
  const doc = value as Traced
  const source = doc[SOURCE]
  for (const key of Object.keys(doc)) {
    const field = doc[key]
    if (typeof field === 'object') {
      restoreTypes(field)
    } else if (source && (typeof field === 'number' || typeof field === 'bigint')) {
      const original = source[key]
      if (typeof original === 'object' && original !== null && toPlain(original) === field)
        doc[key] = original
    }
  }
}
