import type { AggregationCursor, Db, Document, FindCursor } from 'mongodb'
import { isTransient } from './mongo-fault.ts'

/** What goes into the options of every call of the driver. */
export interface Limits {
  readonly maxTimeMS: number
}

/** What is read, in the words of the server's commands `find` and `aggregate` (mongodb.com/docs/manual/reference/command). */
export type ReadCommand = FindCommand | AggregateCommand

export interface FindCommand {
  /** The collection. */
  readonly find: string
  readonly filter: Document
  /** In the order of its keys. */
  readonly sort?: Readonly<Record<string, 1 | -1>>
  readonly skip?: number
  readonly limit: number
  readonly projection?: Document
}

export interface AggregateCommand {
  /** The collection. */
  readonly aggregate: string
  readonly pipeline: readonly Document[]
}

/**
 * The documents that a command finds, from its one answer. The driver's cursors would ask for the same, and take a tenth
 * to a sixth of a Worker's time for such a request to themselves. One is used for what the driver does better: to read on
 * when the answer, of 16 MiB at most, does not hold everything, and to try a read again that failed for a reason that
 * passes (specifications, retryable-reads). Throws what the driver throws.
 */
export async function readDocuments<T extends Document>(
  db: Db,
  command: ReadCommand,
  limits: Limits,
): Promise<T[]> {
  try {
    const { cursor } = await db.command(asSent(db, command, limits), { readPreference: db.readPreference })
    // Else the server keeps what is left for a while, and forgets it: this is rarer than it would be worth to go on there.
    if (cursor.id === 0) return cursor.firstBatch
  } catch (error) {
    if (!isTransient(error)) throw error
  }
  return cursorOf<T>(db, command, limits).toArray()
}

/** What `Db.command` sends as it is: a collection's own methods would add the same. */
function asSent({ readConcern }: Db, command: ReadCommand, limits: Limits): Document {
  // One more than there can be, or the server would keep a cursor for the nothing that is left.
  const batch = 'find' in command ? { batchSize: command.limit + 1 } : { cursor: {} }
  return { ...command, ...batch, ...limits, ...(readConcern && { readConcern }) }
}

function cursorOf<T extends Document>(
  db: Db,
  command: ReadCommand,
  limits: Limits,
): FindCursor<T> | AggregationCursor<T> {
  if ('aggregate' in command) {
    return db.collection(command.aggregate).aggregate<T>([...command.pipeline], limits)
  }
  const { find, filter, ...options } = command
  return db.collection(find).find<T>(filter, { ...options, ...limits })
}
