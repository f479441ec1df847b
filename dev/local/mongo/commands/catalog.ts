import { Rest } from '../cursors.ts'
import { CommandError } from '../errors.ts'
import { compileFilter } from '../query/match.ts'
import { type Doc, encode } from '../values/codec.ts'
import { cursorReply } from '../wire/cursor-reply.ts'
import { collectionOf, countField, docField } from './arguments.ts'
import type { CommandContext, Handler } from './context.ts'

/** Options of `create` that make another kind of collection than this server has. */
const UNSUPPORTED = ['capped', 'timeseries', 'viewOn', 'clusteredIndex', 'encryptedFields']
const OPTIONS = ['validator', 'validationLevel', 'validationAction', 'collation', 'comment']

function create(context: CommandContext): Doc {
  const { command, server, db } = context
  for (const option of UNSUPPORTED) {
    if (command[option] !== undefined && command[option] !== false) {
      throw new CommandError(
        'CommandNotSupported',
        `create with '${option}' is not supported by this stand-in server`,
      )
    }
  }
  const options = Object.fromEntries(
    OPTIONS.filter((name) => name in command).map((name) => [name, command[name]]),
  )
  server.store.create(db, collectionOf(context), options)
  return {}
}

function drop(context: CommandContext): Doc {
  const { server, db } = context
  const name = collectionOf(context)
  const collection = server.store.get(db, name)
  // Dropping what is not there succeeds, since MongoDB 7.0.
  if (!collection) return {}
  const nIndexesWas = collection.indexes.size + 1
  server.store.drop(db, name)
  server.cursors.killAll(collection.namespace)
  return { nIndexesWas, ns: collection.namespace }
}

function dropDatabase({ server, db }: CommandContext): Doc {
  for (const { namespace } of server.store.collections(db)) server.cursors.killAll(namespace)
  return server.store.dropDatabase(db) ? { dropped: db } : {}
}

function listCollections({ server, db, command }: CommandContext): Uint8Array {
  const matches = compileFilter(docField(command, 'filter'))
  const nameOnly = command.nameOnly === true
  const docs: Uint8Array[] = []
  for (const { namespace, options, uuid } of server.store.collections(db)) {
    const name = namespace.slice(db.length + 1)
    const doc: Doc = {
      name,
      type: 'collection',
      options,
      info: { readOnly: false, uuid },
      idIndex: { v: 2, key: { _id: 1 }, name: '_id_' },
    }
    if (matches(doc)) docs.push(encode(nameOnly ? { name, type: 'collection' } : doc))
  }
  const rest = new Rest(docs)
  const namespace = `${db}.$cmd.listCollections`
  const batch = rest.take(countField(docField(command, 'cursor'), 'batchSize') ?? 101)
  const id = rest.hasMore() ? server.cursors.open(namespace, rest) : 0n
  return cursorReply('firstBatch', batch, id, namespace)
}

function listDatabases({ server, db, command }: CommandContext): Doc {
  if (db !== 'admin')
    throw new CommandError('Unauthorized', 'listDatabases may only be run against the admin database.')
  const matches = compileFilter(docField(command, 'filter'))
  const databases: Doc[] = []
  let totalSize = 0
  for (const name of server.store.databaseNames()) {
    const sizeOnDisk = server.store.collections(name).reduce((sum, { dataSize }) => sum + dataSize, 0)
    const entry: Doc = { name, sizeOnDisk, empty: sizeOnDisk === 0 }
    if (!matches(entry)) continue
    totalSize += sizeOnDisk
    databases.push(command.nameOnly === true ? { name } : entry)
  }
  return command.nameOnly === true
    ? { databases }
    : { databases, totalSize, totalSizeMb: Math.floor(totalSize / 2 ** 20) }
}

export const catalogCommands: Record<string, Handler> = {
  create,
  drop,
  dropDatabase,
  listCollections,
  listDatabases,
}
