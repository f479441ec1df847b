import type { Collection } from '../store/collection.ts'
import type { StoredDoc } from '../store/record.ts'
import type { Doc } from '../values/codec.ts'
import { compareValues } from '../values/compare.ts'
import { compileFilter, type MatchOptions } from './match.ts'
import { planQuery } from './plan.ts'
import { type SortKey, sortBy } from './sort.ts'

export interface Query extends MatchOptions {
  filter: Doc
  sort?: readonly SortKey[]
  skip?: number
  /** 0 or absent: no limit. */
  limit?: number
}

export interface Found {
  records: Iterable<StoredDoc>
  /** True if `records` may be read on while documents come and go; else it must be read in the same turn. */
  isLive: boolean
}

/** Finds the documents of a query, lazily where the order allows it. */
export function findRecords(collection: Collection, query: Query): Found {
  const { filter, sort = [], skip = 0, compare = compareValues } = query
  const end = query.limit ? skip + query.limit : Number.POSITIVE_INFINITY
  const matches = Object.keys(filter).length === 0 ? undefined : compileFilter(filter, query)
  const plan = planQuery(collection, filter, sort, compare)
  const matching = matches ? filterRecords(plan.records, matches) : plan.records
  if (plan.isSorted) return { records: slice(matching, skip, end), isLive: plan.isLive }
  const sorted = sortBy(matching, (record) => record.doc, sort, compare, end)
  return { records: skip > 0 ? sorted.slice(skip) : sorted, isLive: true }
}

function* filterRecords(records: Iterable<StoredDoc>, matches: (doc: Doc) => boolean): Generator<StoredDoc> {
  for (const record of records) if (matches(record.doc)) yield record
}

function* slice(records: Iterable<StoredDoc>, start: number, end: number): Generator<StoredDoc> {
  if (start >= end) return
  let at = 0
  for (const record of records) {
    if (at++ < start) continue
    yield record
    // Before the next record is looked for: that could scan the whole collection.
    if (at >= end) return
  }
}
