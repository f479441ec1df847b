import { CommandError } from '../errors.ts'
import { type Doc, isDoc } from '../values/codec.ts'
import { type Compare, compareValues, toNumeric } from '../values/compare.ts'
import { fieldOf, valuesAt } from './paths.ts'

/** One key of a sort: the dotted path taken apart, and its direction. */
export interface SortKey {
  name: string
  path: readonly string[]
  direction: 1 | -1
}

/** Parses a sort specification such as `{ created_at: -1, _id: -1 }`. */
export function parseSort(spec: unknown): SortKey[] {
  if (!isDoc(spec)) throw new CommandError('TypeMismatch', 'the sort specification must be an object')
  return Object.keys(spec).map((name) => {
    const value = spec[name]
    if (isDoc(value)) {
      throw new CommandError(
        'CommandNotSupported',
        'sorting by $meta is not supported by this stand-in server',
      )
    }
    const direction = Number(toNumeric(value))
    if (direction !== 1 && direction !== -1) {
      throw new CommandError(15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)')
    }
    return { name, path: name.split('.'), direction }
  })
}

/** Sorts documents, stable; see `sortBy`. */
export function sortDocs(
  docs: Iterable<Doc>,
  sort: readonly SortKey[],
  compare: Compare = compareValues,
): Doc[] {
  return sortBy(docs, (doc) => doc, sort, compare)
}

/** Sorts items by the documents they stand for, stable; with a limit only the first ones are kept on the way. */
export function sortBy<T>(
  items: Iterable<T>,
  docOf: (item: T) => Doc,
  sort: readonly SortKey[],
  compare: Compare = compareValues,
  limit = Number.POSITIVE_INFINITY,
): T[] {
  const order = (a: Keyed<T>, b: Keyed<T>) => compareKeys(a.key, b.key, sort, compare)
  const kept: Keyed<T>[] = []
  for (const item of items) {
    const doc = docOf(item)
    const keyed = { item, key: sort.map((part) => sortKeyOf(doc, part, compare)) }
    if (kept.length < limit) {
      kept.push(keyed)
      if (kept.length === limit) kept.sort(order)
    } else if (limit > 0 && order(keyed, kept[limit - 1] as Keyed<T>) < 0) {
      kept.pop()
      kept.splice(upperBound(kept, keyed, order), 0, keyed)
    }
  }
  if (kept.length < limit) kept.sort(order)
  return kept.map(({ item }) => item)
}

interface Keyed<T> {
  item: T
  key: unknown[]
}

function compareKeys(a: unknown[], b: unknown[], sort: readonly SortKey[], compare: Compare): number {
  for (let i = 0; i < sort.length; i++) {
    const result = compare(a[i], b[i])
    if (result !== 0) return result * (sort[i] as SortKey).direction
  }
  return 0
}

function upperBound<T>(sorted: T[], item: T, order: (a: T, b: T) => number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (order(item, sorted[middle] as T) < 0) high = middle
    else low = middle + 1
  }
  return low
}

/** The value a document is sorted by: of an array its lowest element, or its highest when descending. */
function sortKeyOf(doc: Doc, { path, direction }: SortKey, compare: Compare): unknown {
  if (path.length === 1) {
    const value = fieldOf(doc, path[0] as string)
    if (!Array.isArray(value)) return value ?? null
    // An empty array sorts below null: https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/
    if (value.length === 0) return undefined
  }
  const values = valuesAt(doc, path)
  if (values.length === 0) return null
  return values.reduce((best, value) => (compare(value, best) * direction < 0 ? value : best)) ?? null
}
