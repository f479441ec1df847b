import { CommandError } from '../errors.ts'
import { compareFor } from '../query/collation.ts'
import { compileFilter, type Predicate } from '../query/match.ts'
import { meetsArray, valuesAt } from '../query/paths.ts'
import { type Doc, isDoc } from '../values/codec.ts'
import { type Compare, compareValues, toNumeric } from '../values/compare.ts'
import { showKey } from './names.ts'
import type { StoredDoc } from './record.ts'
import { SortedList } from './sorted-list.ts'

export interface IndexField {
  name: string
  path: readonly string[]
  direction: 1 | -1
}

/** One key of one document in an index. */
export interface Entry {
  key: readonly unknown[]
  record: StoredDoc
}

/** An ordered index: finds equal keys and ranges, gives a sort order, and keeps a unique one unique. */
export class SecondaryIndex {
  /** The specification as `listIndexes` gives it. */
  readonly spec: Doc
  readonly name: string
  readonly fields: readonly IndexField[]
  readonly unique: boolean
  readonly sparse: boolean
  readonly compare: Compare
  readonly entries: SortedList<Entry>
  /** True once a document had an array in an indexed field, so that it has several keys. */
  multikey = false
  readonly #includes: Predicate | undefined

  constructor(spec: Doc) {
    this.spec = spec
    this.name = String(spec.name)
    this.fields = Object.entries(spec.key as Doc).map(([name, direction]) => ({
      name,
      path: name.split('.'),
      direction: Number(toNumeric(direction)) < 0 ? -1 : 1,
    }))
    this.unique = spec.unique === true
    this.sparse = spec.sparse === true
    this.compare = compareFor(spec.collation)
    this.#includes = isDoc(spec.partialFilterExpression)
      ? compileFilter(spec.partialFilterExpression)
      : undefined
    this.entries = new SortedList(
      (a, b) => this.#compareKeys(a.key, b.key) || a.record.sequence - b.record.sequence,
    )
  }

  /** True when every document is in this index and its order is the plain one, so that any query may use it. */
  get isComplete(): boolean {
    return !this.sparse && !this.#includes && this.compare === compareValues
  }

  /** The keys of a document; none when a sparse or partial index leaves it out. */
  keysOf(doc: Doc): unknown[][] {
    if (this.#includes && !this.#includes(doc)) return []
    let keys: unknown[][] = [[]]
    let present = false
    let arrayField: string | undefined
    for (const { path, name } of this.fields) {
      let values = valuesAt(doc, path)
      const inArray = meetsArray(doc, path)
      present ||= values.length > 0 || inArray
      // A missing field is null in an index, an empty array sorts below it.
      if (values.length === 0) values = [inArray ? undefined : null]
      if (inArray) {
        if (arrayField) throw new CommandError(171, `cannot index parallel arrays [${name}] [${arrayField}]`)
        arrayField = name
      }
      keys = keys.flatMap((key) => values.map((value) => [...key, value]))
    }
    if (arrayField) this.multikey = true
    return this.sparse && !present ? [] : keys
  }

  /** Throws E11000 if a document with these keys may not be beside those of other records. */
  checkUnique(keys: unknown[][], self: StoredDoc | undefined, namespace: string): void {
    if (!this.unique) return
    for (const key of keys) {
      for (const entry of this.equal(key)) {
        if (entry.record !== self) throw duplicateKey(namespace, this.name, this.fields, key)
      }
    }
  }

  add(keys: unknown[][], record: StoredDoc): void {
    for (const key of keys) {
      const entry = { key, record }
      // Equal elements of one array make one entry: delete does nothing when there is none.
      if (keys.length > 1) this.entries.delete(entry)
      this.entries.insert(entry)
    }
  }

  remove(keys: unknown[][], record: StoredDoc): void {
    for (const key of keys) this.entries.delete({ key, record })
  }

  /** The entries whose keys begin with a prefix. */
  *equal(prefix: readonly unknown[]): Generator<Entry> {
    for (const entry of this.entries.ascend((item) => this.comparePrefix(item.key, prefix) < 0)) {
      if (this.comparePrefix(entry.key, prefix) !== 0) return
      yield entry
    }
  }

  /** Orders a key against the first values of one, in the order of the index. */
  comparePrefix(key: readonly unknown[], prefix: readonly unknown[]): number {
    for (let i = 0; i < prefix.length; i++) {
      const result = this.compare(key[i], prefix[i])
      if (result !== 0) return result * (this.fields[i] as IndexField).direction
    }
    return 0
  }

  #compareKeys(a: readonly unknown[], b: readonly unknown[]): number {
    return this.comparePrefix(a, b)
  }
}

/** The server's error for a key that is already there, with `keyPattern` and `keyValue` for the drivers. */
export function duplicateKey(
  namespace: string,
  index: string,
  fields: readonly { name: string; direction: number }[],
  key: readonly unknown[],
): CommandError {
  const keyPattern = Object.fromEntries(fields.map(({ name, direction }) => [name, direction]))
  const keyValue = Object.fromEntries(fields.map(({ name }, i) => [name, key[i] ?? null]))
  const shown = Object.entries(keyValue).map(([name, value]) => `${name}: ${showKey(value)}`)
  return new CommandError(
    'DuplicateKey',
    `E11000 duplicate key error collection: ${namespace} index: ${index} dup key: { ${shown.join(', ')} }`,
    { keyPattern, keyValue },
  )
}
