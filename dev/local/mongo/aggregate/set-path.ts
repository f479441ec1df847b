import { type Doc, isDoc, setField } from '../values/codec.ts'

/**
 * A document with the value at a dotted path; the original stays as it is. As in `$addFields`, an array on the way gets
 * the value in each of its elements, and anything that is no document is replaced by one.
 */
export function withPath(doc: Doc, path: string, value: unknown): Doc {
  const dot = path.indexOf('.')
  const copy = { ...doc }
  if (dot === -1) {
    setField(copy, path, value)
  } else {
    const name = path.slice(0, dot)
    setField(copy, name, within(copy[name], path.slice(dot + 1), value))
  }
  return copy
}

function within(target: unknown, path: string, value: unknown): unknown {
  if (Array.isArray(target)) return target.map((element) => within(element, path, value))
  return withPath(isDoc(target) ? target : {}, path, value)
}

/** A document without the field at a dotted path, which is followed through arrays. */
export function withoutPath(doc: Doc, path: string): Doc {
  const dot = path.indexOf('.')
  const name = dot === -1 ? path : path.slice(0, dot)
  if (!Object.hasOwn(doc, name)) return doc
  const copy = { ...doc }
  if (dot === -1) delete copy[name]
  else setField(copy, name, without(copy[name], path.slice(dot + 1)))
  return copy
}

function without(target: unknown, path: string): unknown {
  if (Array.isArray(target)) return target.map((element) => without(element, path))
  return isDoc(target) ? withoutPath(target, path) : target
}
