import { type Doc, isDoc } from '../values/codec.ts'

/** Tests one value that a path leads to; undefined stands for a missing field. */
export type Test = (value: unknown) => boolean

/** What a match found out on its way: the element of the first array it went through, for the positional `$`. */
export interface MatchDetails {
  arrayIndex?: number
}

/** Reads a field of its own; names such as `constructor` never reach the prototype. */
export function fieldOf(doc: Doc, name: string): unknown {
  return Object.hasOwn(doc, name) ? doc[name] : undefined
}

/** The array index that a path component stands for, or -1. */
export function indexOf(component: string): number {
  return /^(0|[1-9]\d{0,8})$/.test(component) ? Number(component) : -1
}

/**
 * True when some value that the path leads to passes the test. Arrays on the way are entered as MongoDB does it:
 * each embedded document, and the element that a numeric component names. `expand` also tests the elements of an
 * array that the path ends in, before the array itself.
 */
export function anyValue(
  doc: Doc,
  path: readonly string[],
  test: Test,
  expand: boolean,
  details?: MatchDetails,
): boolean {
  if (path.length === 1) {
    const value = fieldOf(doc, path[0] as string)
    if (!Array.isArray(value)) return test(value)
    return anyEnd(value, test, expand, details)
  }
  return anyBelow(doc, path, 0, test, expand, details)
}

function anyEnd(value: unknown, test: Test, expand: boolean, details?: MatchDetails): boolean {
  if (expand && Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (test(value[i] ?? null)) {
        if (details) details.arrayIndex = i
        return true
      }
    }
  }
  return test(value)
}

function anyBelow(
  value: unknown,
  path: readonly string[],
  at: number,
  test: Test,
  expand: boolean,
  details?: MatchDetails,
): boolean {
  if (at === path.length) return anyEnd(value, test, expand, details)
  const component = path[at] as string
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const element: unknown = value[i]
      if (isDoc(element) && anyBelow(element, path, at, test, expand, details)) {
        if (details) details.arrayIndex = i
        return true
      }
    }
    const index = indexOf(component)
    return index >= 0 && index < value.length && anyBelow(value[index], path, at + 1, test, expand, details)
  }
  if (!isDoc(value)) return test(undefined)
  return anyBelow(fieldOf(value, component), path, at + 1, test, expand, details)
}

/** Every value that a path leads to, arrays at its end taken apart: what an index or `distinct` sees. */
export function valuesAt(doc: Doc, path: readonly string[]): unknown[] {
  const values: unknown[] = []
  collect(doc, path, 0, values)
  return values
}

function collect(value: unknown, path: readonly string[], at: number, values: unknown[]): void {
  if (at === path.length) {
    if (Array.isArray(value)) values.push(...value)
    else if (value !== undefined) values.push(value)
    return
  }
  const component = path[at] as string
  if (Array.isArray(value)) {
    for (const element of value) if (isDoc(element)) collect(element, path, at, values)
    const index = indexOf(component)
    if (index >= 0 && index < value.length) collect(value[index], path, at + 1, values)
  } else if (isDoc(value)) {
    collect(fieldOf(value, component), path, at + 1, values)
  }
}

/** True when the path meets an array in this document, at its end or on the way. */
export function meetsArray(doc: Doc, path: readonly string[]): boolean {
  let value: unknown = doc
  for (const component of path) {
    if (!isDoc(value)) return Array.isArray(value)
    value = fieldOf(value, component)
  }
  return Array.isArray(value)
}
