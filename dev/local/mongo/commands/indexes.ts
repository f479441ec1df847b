import { Rest } from '../cursors.ts'
import { CommandError } from '../errors.ts'
import type { Collection } from '../store/collection.ts'
import { type Doc, encode, isDoc } from '../values/codec.ts'
import { compareValues, isNumeric, toNumeric } from '../values/compare.ts'
import { cursorReply } from '../wire/cursor-reply.ts'
import { collectionOf, countField, docField, listArgument } from './arguments.ts'
import type { CommandContext, Handler } from './context.ts'

function createIndexes(context: CommandContext): Doc {
  const specs = listArgument(context, 'indexes').map(parseSpec)
  const { store } = context.server
  const name = collectionOf(context)
  const createdCollectionAutomatically = !store.get(context.db, name)
  const collection = store.getOrCreate(context.db, name)
  const numIndexesBefore = collection.indexes.size + 1
  for (const spec of specs) {
    if (!isKnown(collection, spec)) collection.createIndex(spec)
  }
  const numIndexesAfter = collection.indexes.size + 1
  return {
    numIndexesBefore,
    numIndexesAfter,
    createdCollectionAutomatically,
    ...(numIndexesAfter === numIndexesBefore ? { note: 'all indexes already exist' } : {}),
  }
}

function parseSpec(spec: unknown): Doc {
  if (!isDoc(spec) || !isDoc(spec.key) || Object.keys(spec.key).length === 0) {
    throw new CommandError('CannotCreateIndex', 'Index keys cannot be empty.')
  }
  for (const [field, direction] of Object.entries(spec.key)) {
    if (typeof direction === 'string' && direction !== 'hashed') {
      throw new CommandError(
        'CommandNotSupported',
        `${direction} indexes are not supported by this stand-in server`,
      )
    }
    const isDirection = direction === 'hashed' || (isNumeric(direction) && toNumeric(direction) !== 0)
    if (!isDirection) {
      throw new CommandError('CannotCreateIndex', `Values in the index key pattern cannot be 0: ${field}`)
    }
    if (field === '' || field.includes('$')) {
      throw new CommandError('CannotCreateIndex', `Index key contains an illegal field name: '${field}'`)
    }
  }
  const { v: _, background: __, ...rest } = spec
  const name = spec.name ?? Object.entries(spec.key).flat().join('_')
  return { v: 2, ...rest, name }
}

/** True if the index is there already; throws if one like it is there under other terms. */
function isKnown(collection: Collection, spec: Doc): boolean {
  const keyed = ({ key, partialFilterExpression = null, collation = null }: Doc) => [
    key,
    partialFilterExpression,
    collation,
  ]
  for (const known of collection.indexSpecs()) {
    const sameKey = compareValues(keyed(known), keyed(spec)) === 0
    const sameTerms =
      known.name === '_id_' ||
      (known.unique === spec.unique &&
        known.sparse === spec.sparse &&
        compareValues(known.expireAfterSeconds, spec.expireAfterSeconds) === 0)
    if (sameKey && (known.name === spec.name || known.name === '_id_') && sameTerms) return true
    if (known.name === spec.name) {
      throw new CommandError(
        'IndexKeySpecsConflict',
        `An existing index has the same name as the requested index. When index names are not specified, they are auto generated and can cause conflicts. Please refer to our documentation. Requested index: ${JSON.stringify(spec)}, existing index: ${JSON.stringify(known)}`,
      )
    }
    if (sameKey) {
      throw new CommandError(
        'IndexOptionsConflict',
        `Index already exists with a different name: ${String(known.name)}`,
      )
    }
  }
  return false
}

function existing({ server, db }: CommandContext, name: string): Collection {
  const collection = server.store.get(db, name)
  if (!collection) throw new CommandError('NamespaceNotFound', `ns does not exist: ${db}.${name}`)
  return collection
}

function listIndexes(context: CommandContext): Uint8Array {
  const collection = existing(context, collectionOf(context))
  const rest = new Rest(collection.indexSpecs().map(encode))
  const docs = rest.take(countField(docField(context.command, 'cursor'), 'batchSize') ?? 101)
  const id = rest.hasMore() ? context.server.cursors.open(collection.namespace, rest) : 0n
  return cursorReply('firstBatch', docs, id, collection.namespace)
}

function dropIndexes(context: CommandContext): Doc {
  const collection = existing(context, collectionOf(context))
  const nIndexesWas = collection.indexes.size + 1
  const { index } = context.command
  for (const name of index === '*'
    ? [...collection.indexes.keys()]
    : [index].flat().map((one) => nameOf(collection, one))) {
    collection.dropIndex(name)
  }
  return { nIndexesWas }
}

function nameOf(collection: Collection, index: unknown): string {
  const found = collection
    .indexSpecs()
    .find(({ name, key }) => (isDoc(index) ? compareValues(key, index) === 0 : name === index))
  if (!found) throw new CommandError('IndexNotFound', `index not found with name [${JSON.stringify(index)}]`)
  if (found.name === '_id_') throw new CommandError('InvalidOptions', 'cannot drop _id index')
  return String(found.name)
}

export const indexCommands: Record<string, Handler> = {
  createIndexes,
  listIndexes,
  dropIndexes,
  deleteIndexes: dropIndexes,
}
