import { parsePipeline, runPipeline } from '../aggregate/pipeline.ts'
import { wholeArgument } from '../aggregate/stage-arguments.ts'
import { Rest } from '../cursors.ts'
import { CommandError } from '../errors.ts'
import { compareFor } from '../query/collation.ts'
import { findRecords, type Query } from '../query/find.ts'
import { parseSort } from '../query/sort.ts'
import { StoredDoc } from '../store/record.ts'
import { type Doc, encode, isDoc } from '../values/codec.ts'
import { isNumeric } from '../values/compare.ts'
import { cursorReply } from '../wire/cursor-reply.ts'
import { collectionOf, countField, docField } from './arguments.ts'
import { type CommandContext, foreignCollections, type Handler } from './context.ts'

const FIRST_BATCH = 101

function aggregate(context: CommandContext): Uint8Array {
  const { server, db, command } = context
  // { aggregate: 1 } runs on the database: only $documents makes sense there.
  const isOnDatabase = isNumeric(command.aggregate)
  const name = isOnDatabase ? '$cmd.aggregate' : collectionOf(context)
  const namespace = `${db}.${name}`
  const pipeline = parsePipeline(command.pipeline)
  if (isOnDatabase && !(pipeline[0] && '$documents' in pipeline[0])) {
    throw new CommandError(73, `{aggregate: 1} is not valid for '${Object.keys(pipeline[0] ?? {})[0]}'`)
  }
  if (command.explain === true) {
    throw new CommandError(
      'CommandNotSupported',
      'explain of aggregate is not supported by this stand-in server',
    )
  }
  if (!isDoc(command.cursor)) {
    throw new CommandError(
      'FailedToParse',
      "The 'cursor' option is required, except for aggregate with the explain argument",
    )
  }
  const compare = compareFor(command.collation)
  const variables = docField(command, 'let')
  const { query, rest: stages } = splitQuery(pipeline, { filter: {}, compare, variables })
  const collection = isOnDatabase ? undefined : server.store.get(db, name)
  const found = collection ? findRecords(collection, query) : { records: [], isLive: true }
  const isStored = stages.length === 0
  const foreign = foreignCollections(server.store, db)
  const docs = isStored
    ? found.records
    : runPipeline(docsOf(found.records), stages, { foreign, compare, variables })
  const rest = new Rest(bytesOf(docs))
  const batch = rest.take(countField(command.cursor, 'batchSize') ?? FIRST_BATCH)
  if (!rest.hasMore()) return cursorReply('firstBatch', batch, 0n, namespace)
  const kept = isStored && !found.isLive ? rest.drain() : rest
  return cursorReply('firstBatch', batch, server.cursors.open(namespace, kept), namespace)
}

function* docsOf(records: Iterable<StoredDoc>): Generator<Doc> {
  for (const { doc } of records) yield doc
}

function* bytesOf(items: Iterable<StoredDoc | Doc>): Generator<Uint8Array> {
  for (const item of items) yield item instanceof StoredDoc ? item.bytes : encode(item)
}

/**
 * Takes `$match`, `$sort`, `$skip` and `$limit` from the front of a pipeline as far as they make one query, which can
 * use indexes and gives the documents as they are stored.
 */
function splitQuery(pipeline: Doc[], query: Query): { query: Query; rest: Doc[] } {
  let at = 0
  for (; at < pipeline.length; at++) {
    const [name, argument] = Object.entries(pipeline[at] as Doc)[0] as [string, unknown]
    const isCut = query.skip !== undefined || query.limit !== undefined
    if (name === '$match' && !isCut && isDoc(argument)) {
      query.filter = Object.keys(query.filter).length === 0 ? argument : { $and: [query.filter, argument] }
    } else if (name === '$sort' && !isCut && !query.sort) {
      query.sort = parseSort(argument)
    } else if (name === '$skip' && !isCut) {
      query.skip = wholeArgument(name, argument)
    } else if (name === '$limit' && query.limit === undefined) {
      query.limit = wholeArgument(name, argument)
    } else {
      break
    }
  }
  return { query, rest: pipeline.slice(at) }
}

export const aggregateCommands: Record<string, Handler> = { aggregate }
