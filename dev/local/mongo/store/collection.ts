import { UUID } from 'bson'
import { CommandError } from '../errors.ts'
import { compileFilter, type Predicate } from '../query/match.ts'
import { type Doc, encode, isDoc, MAX_DOCUMENT_BYTES } from '../values/codec.ts'
import { compareValues } from '../values/compare.ts'
import { keyOf } from '../values/key.ts'
import type { Journal } from './journal.ts'
import { newRecord, StoredDoc, storedRecord } from './record.ts'
import { duplicateKey, SecondaryIndex } from './secondary-index.ts'

const ID_INDEX = { v: 2, key: { _id: 1 }, name: '_id_' }

/** The documents of one collection with its indexes. Every method is synchronous, so each change is atomic. */
export class Collection {
  readonly namespace: string
  readonly options: Doc
  readonly uuid = new UUID()
  readonly indexes = new Map<string, SecondaryIndex>()
  /** Bytes of all documents. */
  dataSize = 0
  readonly #records = new Map<string, StoredDoc>()
  readonly #journal: Journal
  readonly #validator: Predicate | undefined
  #idIndex: SecondaryIndex | undefined

  constructor(namespace: string, options: Doc, journal: Journal) {
    this.namespace = namespace
    this.options = options
    this.#journal = journal
    const isChecked = isDoc(options.validator) && options.validationAction !== 'warn'
    this.#validator = isChecked ? compileFilter(options.validator as Doc) : undefined
  }

  get count(): number {
    return this.#records.size
  }

  /** The records in the order of their insertion. Records may come and go while it runs. */
  records(): IterableIterator<StoredDoc> {
    return this.#records.values()
  }

  get(id: unknown): StoredDoc | undefined {
    return this.#records.get(keyOf(id))
  }

  /** The order of the `_id`s: made when a range or a sort first asks for it, kept from then on. */
  get idIndex(): SecondaryIndex {
    if (!this.#idIndex) {
      const index = new SecondaryIndex(ID_INDEX)
      for (const record of this.#records.values()) index.add(index.keysOf(record.doc), record)
      this.#idIndex = index
    }
    return this.#idIndex
  }

  insert(bytes: Uint8Array): StoredDoc {
    const record = newRecord(bytes)
    if (this.#records.has(record.key)) {
      throw duplicateKey(this.namespace, '_id_', [{ name: '_id', direction: 1 }], [record.doc._id])
    }
    this.#validate(record.key, () => record.doc)
    const keys = this.#keysFor(() => record.doc, undefined)
    this.#put(record, keys)
    this.#journal.put(this.namespace, record.bytes)
    return record
  }

  /** Replaces a document. False if the new one is the same, byte for byte. The `_id` must stay. */
  replace(record: StoredDoc, doc: Doc): boolean {
    if (compareValues(doc._id, record.doc._id) !== 0) {
      throw new CommandError(
        'ImmutableField',
        "Performing an update on the path '_id' would modify the immutable field '_id'",
      )
    }
    const { _id, ...rest } = doc
    const bytes = encode({ _id, ...rest })
    if (bytes.length > MAX_DOCUMENT_BYTES) {
      throw new CommandError(
        'BSONObjectTooLarge',
        `Resulting document after update is larger than ${MAX_DOCUMENT_BYTES}`,
      )
    }
    if (Buffer.compare(bytes, record.bytes) === 0) return false
    const next = new StoredDoc(record.key, bytes)
    this.#validate(record.key, () => next.doc)
    const keys = this.#keysFor(() => next.doc, record)
    for (const index of this.#ordered()) index.remove(index.keysOf(record.doc), record)
    this.dataSize += bytes.length - record.bytes.length
    record.replaceBytes(bytes)
    for (const [index, list] of keys) index.add(list, record)
    this.#journal.put(this.namespace, bytes)
    return true
  }

  delete(record: StoredDoc): void {
    if (!this.#records.delete(record.key)) return
    for (const index of this.#ordered()) index.remove(index.keysOf(record.doc), record)
    this.dataSize -= record.bytes.length
    this.#journal.remove(this.namespace, encode({ _id: record.doc._id }))
  }

  /** Adds an index and fills it. Throws, and adds nothing, if a unique one does not fit the documents. */
  createIndex(spec: Doc): void {
    const index = new SecondaryIndex(spec)
    for (const record of this.#records.values()) {
      const keys = index.keysOf(record.doc)
      index.checkUnique(keys, record, this.namespace)
      index.add(keys, record)
    }
    this.indexes.set(index.name, index)
    this.#journal.createIndex(this.namespace, encode(spec))
  }

  dropIndex(name: string): void {
    if (this.indexes.delete(name)) this.#journal.dropIndex(this.namespace, encode({ name }))
  }

  /** The specifications of all indexes, that of `_id` first. */
  indexSpecs(): Doc[] {
    return [ID_INDEX, ...[...this.indexes.values()].map(({ spec }) => spec)]
  }

  /** Takes a document from the log, which is checked already. */
  load(bytes: Uint8Array): void {
    const record = storedRecord(bytes)
    const known = this.#records.get(record.key)
    if (!known) {
      this.#put(
        record,
        this.#keysFor(() => record.doc, undefined),
      )
      return
    }
    for (const index of this.#ordered()) index.remove(index.keysOf(known.doc), known)
    this.dataSize += bytes.length - known.bytes.length
    known.replaceBytes(bytes)
    for (const index of this.#ordered()) index.add(index.keysOf(known.doc), known)
  }

  #put(record: StoredDoc, keys: Map<SecondaryIndex, unknown[][]>): void {
    this.#records.set(record.key, record)
    for (const [index, list] of keys) index.add(list, record)
    this.dataSize += record.bytes.length
  }

  /** The keys that a document would have in each index, checked against the other documents. */
  #keysFor(doc: () => Doc, self: StoredDoc | undefined): Map<SecondaryIndex, unknown[][]> {
    const keys = new Map<SecondaryIndex, unknown[][]>()
    for (const index of this.#ordered()) {
      const list = index.keysOf(doc())
      index.checkUnique(list, self, this.namespace)
      keys.set(index, list)
    }
    return keys
  }

  *#ordered(): Generator<SecondaryIndex> {
    if (this.#idIndex) yield this.#idIndex
    yield* this.indexes.values()
  }

  #validate(key: string, doc: () => Doc): void {
    if (this.#validator && !this.#validator(doc())) {
      throw new CommandError('DocumentValidationFailure', 'Document failed validation', {
        errInfo: { failingDocumentId: doc()._id ?? key },
      })
    }
  }
}
