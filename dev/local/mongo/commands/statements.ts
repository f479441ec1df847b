import { CommandError } from '../errors.ts'
import { compareFor } from '../query/collation.ts'
import { findRecords } from '../query/find.ts'
import { compileFilter } from '../query/match.ts'
import { parseSort } from '../query/sort.ts'
import type { Collection } from '../store/collection.ts'
import type { StoredDoc } from '../store/record.ts'
import { compileUpdate, isReplacement } from '../update/update.ts'
import { type Doc, isDoc } from '../values/codec.ts'
import { docField, wrongType } from './arguments.ts'
import { type CommandContext, foreignCollections } from './context.ts'
import { updateRecord, upsertRecord } from './write-one.ts'

interface UpdateOutcome {
  matched: number
  modified: number
  upserted: StoredDoc | undefined
}

/** Runs one statement of an update: `{ q, u, multi, upsert, arrayFilters, collation, sort }`. */
export function runUpdate(context: CommandContext, collection: Collection, statement: Doc): UpdateOutcome {
  const { q: filter, u: spec } = statement
  if (!isDoc(filter)) throw wrongType('updates.q', filter, 'object')
  const variables = { ...docField(context.command, 'let'), ...docField(statement, 'c') }
  if (statement.multi === true && isReplacement(spec)) {
    throw new CommandError('FailedToParse', 'multi update is not supported for replacement-style update')
  }
  const update = compileUpdate(spec, statement.arrayFilters, {
    foreign: foreignCollections(context.server.store, context.db),
    variables,
  })
  const options = { compare: compareFor(statement.collation), variables }
  const records = matching(collection, filter, statement, options, statement.multi !== true)
  if (records.length === 0 && statement.upsert === true) {
    return { matched: 0, modified: 0, upserted: upsertRecord(collection, filter, spec, update) }
  }
  const matches = compileFilter(filter, options)
  let modified = 0
  for (const record of records) if (updateRecord(collection, record, update, matches)) modified++
  return { matched: records.length, modified, upserted: undefined }
}

/** Runs one statement of a delete, `{ q, limit, collation }`, and gives the number of deleted documents. */
export function runDelete(
  context: CommandContext,
  collection: Collection,
  statement: Doc,
  isOne: boolean,
): number {
  const { q: filter } = statement
  if (!isDoc(filter)) throw wrongType('deletes.q', filter, 'object')
  const options = { compare: compareFor(statement.collation), variables: docField(context.command, 'let') }
  const records = matching(collection, filter, statement, options, isOne)
  for (const record of records) collection.delete(record)
  return records.length
}

/** All matches before the first change, so that no document is met twice. */
function matching(
  collection: Collection,
  filter: Doc,
  statement: Doc,
  options: Parameters<typeof compileFilter>[1],
  isOne: boolean,
): StoredDoc[] {
  const sort = isDoc(statement.sort) ? { sort: parseSort(statement.sort) } : {}
  return [...findRecords(collection, { ...options, ...sort, filter, limit: isOne ? 1 : 0 }).records]
}
