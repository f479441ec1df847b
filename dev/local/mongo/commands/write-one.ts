import { CommandError } from '../errors.ts'
import type { Predicate } from '../query/match.ts'
import type { MatchDetails } from '../query/paths.ts'
import type { Collection } from '../store/collection.ts'
import type { StoredDoc } from '../store/record.ts'
import { isReplacement, type Update } from '../update/update.ts'
import { idFromFilter, seedFromFilter } from '../update/upsert.ts'
import { type Doc, decode, encode } from '../values/codec.ts'
import { compareValues } from '../values/compare.ts'

/** Applies an update to one document that matches. False if the document stays the same. */
export function updateRecord(
  collection: Collection,
  record: StoredDoc,
  update: Update,
  matches: Predicate,
): boolean {
  const details: MatchDetails = {}
  matches(record.doc, details)
  const next = update(decode(record.bytes), { matched: details.arrayIndex, inserting: false })
  return collection.replace(record, next)
}

/** Inserts the document that an upsert makes when nothing matches. */
export function upsertRecord(collection: Collection, filter: Doc, spec: unknown, update: Update): StoredDoc {
  const id = idFromFilter(filter)
  const seed = isReplacement(spec) ? (id === undefined ? {} : { _id: id }) : seedFromFilter(filter)
  const doc = update(seed, { matched: undefined, inserting: true })
  if (id !== undefined && compareValues(doc._id, id) !== 0) {
    throw new CommandError(
      'ImmutableField',
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    )
  }
  return collection.insert(encode(doc))
}
