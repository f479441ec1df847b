import { CommandError } from '../errors.ts'
import type { Collection } from '../store/collection.ts'
import type { Doc } from '../values/codec.ts'
import { isDoc } from '../values/codec.ts'
import { collectionOf, listArgument, numberField, rawListArgument, wrongType } from './arguments.ts'
import type { CommandContext, Handler } from './context.ts'
import { runDelete, runUpdate } from './statements.ts'

const MAX_BATCH = 100_000

function insert(context: CommandContext): Doc {
  const docs = rawListArgument(context, 'documents')
  const collection = openCollection(context)
  let n = 0
  const writeErrors = runEach(context, docs, (bytes) => {
    collection.insert(bytes)
    n++
    context.server.opcounters.insert++
  })
  return { n, ...writeErrors }
}

function update(context: CommandContext): Doc {
  const statements = documents(listArgument(context, 'updates'), 'updates')
  const existing = context.server.store.get(context.db, collectionOf(context))
  // An update without upsert makes no collection.
  const collection =
    existing ?? (statements.some(({ upsert }) => upsert === true) ? openCollection(context) : undefined)
  let n = 0
  let nModified = 0
  const upserted: Doc[] = []
  const writeErrors = runEach(context, statements, (statement, index) => {
    context.server.opcounters.update++
    if (!collection) return
    const outcome = runUpdate(context, collection, statement)
    n += outcome.matched + (outcome.upserted ? 1 : 0)
    nModified += outcome.modified
    if (outcome.upserted) upserted.push({ index, _id: outcome.upserted.doc._id })
  })
  return { n, nModified, ...(upserted.length > 0 ? { upserted } : {}), ...writeErrors }
}

function remove(context: CommandContext): Doc {
  const statements = documents(listArgument(context, 'deletes'), 'deletes')
  const collection = context.server.store.get(context.db, collectionOf(context))
  let n = 0
  const writeErrors = runEach(context, statements, (statement) => {
    context.server.opcounters.delete++
    const limit = numberField(statement, 'limit')
    if (limit !== 0 && limit !== 1) {
      throw new CommandError(
        'FailedToParse',
        `The limit field in delete objects must be 0 or 1. Got ${limit}`,
      )
    }
    if (collection) n += runDelete(context, collection, statement, limit === 1)
  })
  return { n, ...writeErrors }
}

/** The collection that a command writes to, made if need be. */
export function openCollection(context: CommandContext): Collection {
  return context.server.store.getOrCreate(context.db, collectionOf(context))
}

/** Runs the statements in turn; an error ends an ordered command and is only noted in an unordered one. */
function runEach<T>(context: CommandContext, items: T[], run: (item: T, index: number) => void): Doc {
  if (items.length === 0 || items.length > MAX_BATCH) {
    throw new CommandError(
      'InvalidLength',
      `Write batch sizes must be between 1 and ${MAX_BATCH}. Got ${items.length} operations.`,
    )
  }
  const writeErrors: Doc[] = []
  for (const [index, item] of items.entries()) {
    try {
      run(item, index)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      writeErrors.push({ index, code: error.code, ...error.details, errmsg: error.message })
      if (context.command.ordered !== false) break
    }
  }
  return writeErrors.length > 0 ? { writeErrors } : {}
}

function documents(list: unknown[], field: string): Doc[] {
  for (const item of list) if (!isDoc(item)) throw wrongType(field, item, 'object')
  return list as Doc[]
}

/** The commands that change documents in batches. */
export const writeCommands: Record<string, Handler> = { insert, update, delete: remove }
