import { Rest } from '../cursors.ts'
import { CommandError } from '../errors.ts'
import { compareFor } from '../query/collation.ts'
import { findRecords, type Query } from '../query/find.ts'
import { compileProjection } from '../query/find-projection.ts'
import { compileFilter } from '../query/match.ts'
import { valuesAt } from '../query/paths.ts'
import { planQuery } from '../query/plan.ts'
import { parseSort } from '../query/sort.ts'
import { checkCollectionName } from '../store/names.ts'
import type { StoredDoc } from '../store/record.ts'
import { type Doc, encode } from '../values/codec.ts'
import { keyOf } from '../values/key.ts'
import { cursorReply } from '../wire/cursor-reply.ts'
import { collectionOf, countField, cursorId, docField, numberField, wrongType } from './arguments.ts'
import type { CommandContext, Handler } from './context.ts'

/** Documents in a first batch if the client does not say: as mongod. */
const FIRST_BATCH = 101
/** What would change the result and is not there; a hint changes none. */
const UNSUPPORTED = ['min', 'max', 'returnKey', 'showRecordId']

function find(context: CommandContext): Uint8Array {
  const { server, db, command } = context
  const name = collectionOf(context)
  const namespace = `${db}.${name}`
  const query = queryOf(command)
  const toDoc = compileProjection(command.projection, query.filter, query)
  for (const option of UNSUPPORTED) {
    if (command[option] !== undefined && command[option] !== false) {
      throw new CommandError(
        'CommandNotSupported',
        `find with '${option}' is not supported by this stand-in server`,
      )
    }
  }
  if (command.tailable === true) {
    throw new CommandError(
      'BadValue',
      `error processing query: tailable cursor requested on non capped collection`,
    )
  }
  const collection = server.store.get(db, name)
  if (!collection) {
    compileFilter(query.filter, query)
    return cursorReply('firstBatch', [], 0n, namespace)
  }
  const limit = numberField(command, 'limit') ?? 0
  const { records, isLive } = findRecords(collection, query)
  const rest = new Rest(bytesOf(records, toDoc))
  const isSingle = command.singleBatch === true || limit < 0
  const docs = rest.take(
    countField(command, 'batchSize') ?? (isSingle && limit !== 0 ? Math.abs(limit) : FIRST_BATCH),
  )
  if (isSingle || !rest.hasMore()) return cursorReply('firstBatch', docs, 0n, namespace)
  return cursorReply(
    'firstBatch',
    docs,
    server.cursors.open(namespace, isLive ? rest : rest.drain()),
    namespace,
  )
}

function* bytesOf(
  records: Iterable<StoredDoc>,
  toDoc: ((doc: Doc) => Doc) | undefined,
): Generator<Uint8Array> {
  for (const record of records) yield toDoc ? encode(toDoc(record.doc)) : record.bytes
}

function queryOf(command: Doc): Query {
  const query: Query = {
    filter: docField(command, command.query === undefined ? 'filter' : 'query'),
    compare: compareFor(command.collation),
    variables: docField(command, 'let'),
    skip: countField(command, 'skip') ?? 0,
    limit: Math.abs(numberField(command, 'limit') ?? 0),
  }
  const sort = docField(command, 'sort')
  // Natural order is the order of insertion, which a scan has anyway.
  if ('$natural' in sort) return query
  if (Object.keys(sort).length > 0) query.sort = parseSort(sort)
  return query
}

function getMore({ server, db, command }: CommandContext): Uint8Array {
  checkCollectionName(db, command.collection)
  const namespace = `${db}.${command.collection}`
  const size = countField(command, 'batchSize') || Number.POSITIVE_INFINITY
  const { docs, id } = server.cursors.next(cursorId(command.getMore), namespace, size)
  return cursorReply('nextBatch', docs, id, namespace)
}

function killCursors({ server, command }: CommandContext): Doc {
  const { cursors } = command
  if (!Array.isArray(cursors)) throw wrongType('cursors', cursors, 'array')
  const killed = cursors.filter((id) => server.cursors.kill(cursorId(id)))
  const notFound = cursors.filter((id) => !killed.includes(id))
  return { cursorsKilled: killed, cursorsNotFound: notFound, cursorsAlive: [], cursorsUnknown: [] }
}

function count(context: CommandContext): Doc {
  const collection = context.server.store.get(context.db, collectionOf(context))
  const query = queryOf(context.command)
  if (!collection) return { n: 0 }
  if (Object.keys(query.filter).length === 0 && !query.skip && !query.limit) return { n: collection.count }
  let n = 0
  for (const _ of findRecords(collection, query).records) n++
  return { n }
}

function distinct(context: CommandContext): Doc {
  const { command } = context
  const { key } = command
  if (typeof key !== 'string') throw wrongType('key', key, 'string')
  const collection = context.server.store.get(context.db, collectionOf(context))
  const values = new Map<string, unknown>()
  if (collection) {
    const path = key.split('.')
    for (const { doc } of findRecords(collection, queryOf(command)).records) {
      for (const value of valuesAt(doc, path)) {
        const valueKey = keyOf(value)
        if (!values.has(valueKey)) values.set(valueKey, value)
      }
    }
  }
  return { values: [...values.values()] }
}

/** A short `explain`: which index a find, count or distinct would use. */
function explain({ server, db, command }: CommandContext): Doc {
  const inner = docField(command, 'explain')
  const name = Object.keys(inner)[0] ?? ''
  if (!['find', 'count', 'distinct'].includes(name)) {
    throw new CommandError(
      'CommandNotSupported',
      `explain of ${name} is not supported by this stand-in server`,
    )
  }
  const query = queryOf(inner)
  const collection = server.store.get(db, String(inner[name]))
  const plan = collection && planQuery(collection, query.filter, query.sort, query.compare)
  const scan = plan?.index
    ? { stage: 'IXSCAN', indexName: plan.index }
    : { stage: collection ? 'COLLSCAN' : 'EOF' }
  const winningPlan = plan && !plan.isSorted ? { stage: 'SORT', inputStage: scan } : scan
  return {
    explainVersion: '1',
    queryPlanner: { namespace: `${db}.${String(inner[name])}`, winningPlan, rejectedPlans: [] },
    command: inner,
  }
}

/** The commands that read documents by query. */
export const findCommands: Record<string, Handler> = { find, getMore, killCursors, count, distinct, explain }
