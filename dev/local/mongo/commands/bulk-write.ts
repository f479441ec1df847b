import { Long } from 'bson'
import { Rest } from '../cursors.ts'
import { CommandError } from '../errors.ts'
import type { Collection } from '../store/collection.ts'
import { checkCollectionName, checkDatabaseName } from '../store/names.ts'
import { type Doc, encode, isDoc } from '../values/codec.ts'
import { toNumeric } from '../values/compare.ts'
import { countField, docField, listArgument, wrongType } from './arguments.ts'
import type { CommandContext, Handler } from './context.ts'
import { runDelete, runUpdate } from './statements.ts'

interface Totals {
  nErrors: number
  nInserted: number
  nMatched: number
  nModified: number
  nUpserted: number
  nDeleted: number
}

/** The `bulkWrite` command of MongoDB 8.0: https://www.mongodb.com/docs/manual/reference/command/bulkWrite/ */
function bulkWrite(context: CommandContext): Doc {
  const { command, db, server } = context
  if (db !== 'admin')
    throw new CommandError('Unauthorized', 'bulkWrite may only be run against the admin database.')
  const operations = listArgument(context, 'ops')
  const namespaces = listArgument(context, 'nsInfo').map((info) =>
    parseNamespace(isDoc(info) ? info.ns : undefined),
  )
  const totals: Totals = { nErrors: 0, nInserted: 0, nMatched: 0, nModified: 0, nUpserted: 0, nDeleted: 0 }
  const results: Doc[] = []
  for (const [idx, operation] of operations.entries()) {
    if (!isDoc(operation)) throw wrongType('ops', operation, 'object')
    try {
      const kind = Object.keys(operation)[0] as string
      const target = namespaces[Number(toNumeric(operation[kind]))]
      if (!target)
        throw new CommandError('BadValue', `BulkWrite ops entry ${idx} has an invalid nsInfo index.`)
      const collection = server.store.getOrCreate(target.db, target.collection)
      const result = runOperation({ ...context, db: target.db }, collection, kind, operation, totals)
      if (command.errorsOnly !== true) results.push({ ok: 1, idx, ...result })
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      totals.nErrors++
      results.push({ ok: 0, idx, code: error.code, errmsg: error.message, ...error.details, n: 0 })
      if (command.ordered !== false) break
    }
  }
  const batch = countField(docField(command, 'cursor'), 'batchSize') ?? results.length
  const rest = new Rest(results.slice(batch).map(encode))
  const ns = 'admin.$cmd.bulkWrite'
  const id = Long.fromBigInt(rest.hasMore() ? server.cursors.open(ns, rest) : 0n)
  return { cursor: { id, firstBatch: results.slice(0, batch), ns }, ...totals }
}

function runOperation(
  context: CommandContext,
  collection: Collection,
  kind: string,
  operation: Doc,
  totals: Totals,
): Doc {
  if (kind === 'insert') {
    if (!isDoc(operation.document)) throw wrongType('ops.insert.document', operation.document, 'object')
    collection.insert(encode(operation.document))
    totals.nInserted++
    return { n: 1 }
  }
  const statement = { ...operation, q: operation.filter, u: operation.updateMods, c: operation.constants }
  if (kind === 'update') {
    const { matched, modified, upserted } = runUpdate(context, collection, statement)
    totals.nMatched += matched
    totals.nModified += modified
    if (!upserted) return { n: matched, nModified: modified }
    totals.nUpserted++
    return { n: 1, nModified: 0, upserted: { _id: upserted.doc._id } }
  }
  if (kind === 'delete') {
    const n = runDelete(context, collection, statement, operation.multi !== true)
    totals.nDeleted += n
    return { n }
  }
  throw new CommandError('BadValue', `BulkWrite: unknown operation '${kind}'`)
}

function parseNamespace(ns: unknown): { db: string; collection: string } {
  const text = typeof ns === 'string' ? ns : ''
  const dot = text.indexOf('.')
  const db = text.slice(0, Math.max(dot, 0))
  const collection = text.slice(dot + 1)
  checkDatabaseName(db)
  checkCollectionName(db, collection)
  return { db, collection }
}

export const bulkWriteCommands: Record<string, Handler> = { bulkWrite }
