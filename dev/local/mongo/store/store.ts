import { lockDirectory } from '../../directory-lock.ts'
import { CommandError } from '../errors.ts'
import { type Doc, decode, encode } from '../values/codec.ts'
import { Collection } from './collection.ts'
import { FileJournal, type Journal, type JournalOwner, NO_JOURNAL } from './journal.ts'
import { type LogEntry, OPERATION } from './log-entry.ts'
import { checkCollectionName, checkDatabaseName } from './names.ts'

/** All databases of one server. */
export class Store implements JournalOwner {
  readonly #databases = new Map<string, Map<string, Collection>>()
  #journal: Journal = NO_JOURNAL
  #unlock: () => Promise<void> = async () => undefined

  /** Opens a store: in memory, or with the contents of a directory that it then holds alone. */
  static async open(dir: string | undefined, log: (line: string) => void): Promise<Store> {
    const store = new Store()
    if (dir === undefined) return store
    store.#unlock = await lockDirectory(dir)
    try {
      const journal = new FileJournal(dir, store, log)
      store.#journal = journal
      journal.load()
    } catch (error) {
      await store.#unlock()
      throw error
    }
    return store
  }

  async close(): Promise<void> {
    this.#journal.close()
    await this.#unlock()
  }

  /** See `Journal.flushed`. */
  flushed(): Promise<void> | undefined {
    return this.#journal.flushed()
  }

  databaseNames(): string[] {
    return [...this.#databases.keys()].sort()
  }

  collections(db: string): Collection[] {
    return [...(this.#databases.get(db)?.values() ?? [])]
  }

  get(db: string, name: string): Collection | undefined {
    return this.#databases.get(db)?.get(name)
  }

  getOrCreate(db: string, name: string): Collection {
    return this.get(db, name) ?? this.create(db, name, {})
  }

  create(db: string, name: string, options: Doc): Collection {
    checkDatabaseName(db)
    checkCollectionName(db, name)
    if (this.get(db, name)) {
      throw new CommandError(
        'NamespaceExists',
        `namespace ${db}.${name} already exists, but with different options`,
      )
    }
    let collections = this.#databases.get(db)
    if (!collections) {
      this.#checkCase(db)
      collections = new Map()
      this.#databases.set(db, collections)
    }
    const collection = new Collection(`${db}.${name}`, options, this.#journal)
    collections.set(name, collection)
    this.#journal.createCollection(collection.namespace, encode(options))
    return collection
  }

  drop(db: string, name: string): boolean {
    const collections = this.#databases.get(db)
    if (!collections?.delete(name)) return false
    if (collections.size === 0) this.#databases.delete(db)
    this.#journal.dropCollection(`${db}.${name}`)
    return true
  }

  dropDatabase(db: string): boolean {
    const names = [...(this.#databases.get(db)?.keys() ?? [])]
    for (const name of names) this.drop(db, name)
    return names.length > 0
  }

  apply({ operation, namespace, payload }: LogEntry): void {
    const dot = namespace.indexOf('.')
    const db = namespace.slice(0, dot)
    const name = namespace.slice(dot + 1)
    if (operation === OPERATION.createCollection) {
      this.create(db, name, decode(payload))
      return
    }
    const collection = this.get(db, name)
    if (!collection) throw new Error(`data.log: a change of ${namespace}, which it did not create`)
    switch (operation) {
      case OPERATION.dropCollection:
        this.drop(db, name)
        break
      case OPERATION.put:
        collection.load(payload)
        break
      case OPERATION.remove: {
        const record = collection.get(decode(payload)._id)
        if (record) collection.delete(record)
        break
      }
      case OPERATION.createIndex:
        collection.createIndex(decode(payload))
        break
      case OPERATION.dropIndex:
        collection.dropIndex(String(decode(payload).name))
        break
      default:
        throw new Error(
          `data.log: unknown operation ${String(operation)}; was it written by a newer version?`,
        )
    }
  }

  *snapshot(): Generator<LogEntry> {
    for (const collections of this.#databases.values()) {
      for (const collection of collections.values()) {
        const { namespace } = collection
        yield { operation: OPERATION.createCollection, namespace, payload: encode(collection.options) }
        for (const record of collection.records()) {
          yield { operation: OPERATION.put, namespace, payload: record.bytes }
        }
        for (const index of collection.indexes.values()) {
          yield { operation: OPERATION.createIndex, namespace, payload: encode(index.spec) }
        }
      }
    }
  }

  size(): number {
    let bytes = 0
    for (const collections of this.#databases.values()) {
      for (const { dataSize, count, namespace } of collections.values()) {
        bytes += dataSize + count * (11 + namespace.length) + 256
      }
    }
    return bytes
  }

  #checkCase(db: string): void {
    for (const other of this.#databases.keys()) {
      if (other !== db && other.toLowerCase() === db.toLowerCase()) {
        throw new CommandError(
          'DatabaseDifferCase',
          `db already exists with different case already have: [${other}] trying to create [${db}]`,
        )
      }
    }
  }
}
