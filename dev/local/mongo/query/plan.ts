import { BSONRegExp } from 'bson'
import type { Collection } from '../store/collection.ts'
import type { StoredDoc } from '../store/record.ts'
import type { Entry, IndexField, SecondaryIndex } from '../store/secondary-index.ts'
import { type Doc, isDoc } from '../values/codec.ts'
import { type Compare, compareValues } from '../values/compare.ts'
import { isOperatorDoc } from './match.ts'
import type { SortKey } from './sort.ts'

/** Where a query looks for its documents. What it finds is a superset: the filter decides. */
interface Plan {
  records: Iterable<StoredDoc>
  /** True if they come in the order that was asked for. */
  isSorted: boolean
  /** True if `records` may be read on while documents come and go. */
  isLive: boolean
  /** Which index is used, for `explain`. */
  index: string | undefined
}

/** The bounds that a filter sets to one field. */
interface Bounds {
  /** The values the field must be equal to one of. */
  equal?: unknown[]
  low?: unknown
  high?: unknown
}

/** Most lists of an `$in` that are looked up one by one. */
const MAX_LOOKUPS = 1000

/** Chooses how to find the documents of a filter: by `_id`, by the best index, by an index in sort order, or by a scan. */
export function planQuery(
  collection: Collection,
  filter: Doc,
  sort: readonly SortKey[] = [],
  compare: Compare = compareValues,
): Plan {
  const bounds = boundsOf(filter)
  const ids = bounds.get('_id')?.equal
  if (
    ids &&
    ids.length <= MAX_LOOKUPS &&
    (compare === compareValues || ids.every((id) => typeof id === 'object'))
  ) {
    const records = new Set<StoredDoc>()
    for (const id of ids) {
      const record = collection.get(id)
      if (record) records.add(record)
    }
    return { records, isSorted: records.size < 2, isLive: true, index: '_id_' }
  }
  const best = compare === compareValues ? bestIndex(collection, bounds, sort) : undefined
  if (best) return best
  return { records: collection.records(), isSorted: sort.length === 0, isLive: true, index: undefined }
}

function bestIndex(
  collection: Collection,
  bounds: Map<string, Bounds>,
  sort: readonly SortKey[],
): Plan | undefined {
  let best:
    | { score: number; index: SecondaryIndex; prefix: number; direction: 1 | -1 | undefined }
    | undefined
  const wantsId = bounds.has('_id') || sort[0]?.name === '_id'
  const candidates = wantsId
    ? [collection.idIndex, ...collection.indexes.values()]
    : collection.indexes.values()
  for (const index of candidates) {
    if (!index.isComplete) continue
    const prefix = equalPrefix(index, bounds)
    const next = index.fields[prefix]
    const range = next ? bounds.get(next.name) : undefined
    const hasRange = range !== undefined && ('low' in range || 'high' in range)
    const direction = sort.length > 0 ? sortDirection(index, prefix, bounds, sort) : undefined
    const score = prefix * 4 + (hasRange ? 2 : 0) + (direction ? 3 : 0)
    if (score > (best?.score ?? 0)) best = { score, index, prefix, direction }
  }
  if (!best) return undefined
  const { index, prefix, direction } = best
  return {
    records: scan(index, prefix, bounds, direction ?? 1),
    isSorted: sort.length === 0 || direction !== undefined,
    isLive: false,
    index: index.name,
  }
}

/** How many leading fields of the index the filter sets equal to something. */
function equalPrefix(index: SecondaryIndex, bounds: Map<string, Bounds>): number {
  let prefix = 0
  let lookups = 1
  for (const { name } of index.fields) {
    const equal = bounds.get(name)?.equal
    if (!equal) break
    lookups *= Math.max(equal.length, 1)
    if (lookups > MAX_LOOKUPS) break
    prefix++
  }
  return prefix
}

/** The direction in which the index gives the sort order after the prefix; undefined if it does not. */
function sortDirection(
  index: SecondaryIndex,
  prefix: number,
  bounds: Map<string, Bounds>,
  sort: readonly SortKey[],
): 1 | -1 | undefined {
  if (index.multikey) return undefined
  const fixed = index.fields.slice(0, prefix)
  // Several lookups, one after the other, are not in order.
  if (fixed.some(({ name }) => (bounds.get(name)?.equal?.length ?? 0) !== 1)) return undefined
  const open = sort.filter(({ name }) => !fixed.some((field) => field.name === name))
  const fields = index.fields.slice(prefix)
  if (open.length === 0 || open.length > fields.length) return undefined
  const direction = (open[0] as SortKey).direction === (fields[0] as IndexField).direction ? 1 : -1
  const fits = open.every(({ name, direction: wanted }, i) => {
    const field = fields[i] as IndexField
    return field.name === name && field.direction * direction === wanted
  })
  return fits ? direction : undefined
}

function* scan(
  index: SecondaryIndex,
  prefix: number,
  bounds: Map<string, Bounds>,
  direction: 1 | -1,
): Generator<StoredDoc> {
  const seen = index.multikey ? new Set<StoredDoc>() : undefined
  for (const values of combinations(
    index.fields.slice(0, prefix).map(({ name }) => bounds.get(name)?.equal ?? []),
  )) {
    for (const { record } of range(index, values, bounds, direction)) {
      if (seen?.has(record)) continue
      seen?.add(record)
      yield record
    }
  }
}

function* combinations(lists: unknown[][]): Generator<unknown[]> {
  const [first, ...rest] = lists
  if (!first) {
    yield []
    return
  }
  for (const value of first) for (const others of combinations(rest)) yield [value, ...others]
}

/** The entries below a prefix, cut to the bounds of the next field. */
function* range(
  index: SecondaryIndex,
  prefix: unknown[],
  bounds: Map<string, Bounds>,
  direction: 1 | -1,
): Generator<Entry> {
  const field = index.fields[prefix.length]
  const bound = field ? (bounds.get(field.name) ?? {}) : {}
  const [from, to] = field?.direction === -1 ? (['high', 'low'] as const) : (['low', 'high'] as const)
  // Of an array one element may keep one bound and another element the other.
  const both = !index.multikey
  const isBelow = ({ key }: Entry) =>
    (index.comparePrefix(key, prefix) || edge(index, key, prefix, bound, from)) < 0
  const isAbove = ({ key }: Entry) =>
    (index.comparePrefix(key, prefix) || (both ? edge(index, key, prefix, bound, to) : 0)) > 0
  const entries = direction === 1 ? index.entries.ascend(isBelow) : index.entries.descend(isAbove)
  const isPast = direction === 1 ? isAbove : isBelow
  for (const entry of entries) {
    if (isPast(entry)) return
    yield entry
  }
}

function edge(
  index: SecondaryIndex,
  key: readonly unknown[],
  prefix: unknown[],
  bound: Bounds,
  side: 'low' | 'high',
): number {
  if (!(side in bound)) return 0
  const field = index.fields[prefix.length] as IndexField
  return index.compare(key[prefix.length], bound[side]) * field.direction
}

/** What a filter says of its fields, as far as it says it with certainty: at the top and below `$and`. */
function boundsOf(filter: Doc, found: Map<string, Bounds> = new Map()): Map<string, Bounds> {
  for (const name of Object.keys(filter)) {
    const condition = filter[name]
    if (name === '$and' && Array.isArray(condition)) {
      for (const part of condition) if (isDoc(part)) boundsOf(part, found)
    } else if (!name.startsWith('$')) {
      const bounds = found.get(name) ?? {}
      addBounds(bounds, condition)
      found.set(name, bounds)
    }
  }
  return found
}

function addBounds(bounds: Bounds, condition: unknown): void {
  if (!isOperatorDoc(condition)) {
    if (isIndexable(condition)) bounds.equal ??= [condition]
    return
  }
  if ('$eq' in condition && isIndexable(condition.$eq)) bounds.equal ??= [condition.$eq]
  if (Array.isArray(condition.$in) && condition.$in.every(isIndexable)) bounds.equal ??= condition.$in
  for (const name of ['$gt', '$gte'] as const) {
    if (name in condition && isIndexable(condition[name])) bounds.low ??= condition[name]
  }
  for (const name of ['$lt', '$lte'] as const) {
    if (name in condition && isIndexable(condition[name])) bounds.high ??= condition[name]
  }
}

/** True for a value that stands in an index as it is: no array, which stands there by its elements, and no pattern. */
function isIndexable(value: unknown): boolean {
  return value !== undefined && !Array.isArray(value) && !(value instanceof BSONRegExp)
}
