import { BSONRegExp, ObjectId } from 'bson'
import { CommandError } from '../errors.ts'
import { type Doc, decode, encode, MAX_DOCUMENT_BYTES } from '../values/codec.ts'
import { keyOf } from '../values/key.ts'

let sequence = 0

/** One stored document: its bytes as they go out, and decoded as queries see it. */
export class StoredDoc {
  /** The key of its `_id`, see `keyOf`. */
  readonly key: string
  /** Orders records by their age. */
  readonly sequence = sequence++
  #bytes: Uint8Array
  #doc: Doc | undefined

  constructor(key: string, bytes: Uint8Array, doc?: Doc) {
    this.key = key
    this.#bytes = bytes
    this.#doc = doc
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** The document in exact form. Shared by all readers: never change it. */
  get doc(): Doc {
    this.#doc ??= decode(this.#bytes)
    return this.#doc
  }

  replaceBytes(bytes: Uint8Array): void {
    this.#bytes = bytes
    this.#doc = undefined
  }
}

/** The bytes of an element `_id` in front of a document, after its length and the type of the element. */
const ID_IN_FRONT = Buffer.from('_id\0')

/**
 * Checks a document that is to be inserted, and completes it: MongoDB stores the `_id` as the first field, and makes
 * one if there is none. The bytes are copied.
 */
export function newRecord(bytes: Uint8Array): StoredDoc {
  if (bytes.length > MAX_DOCUMENT_BYTES) {
    throw new CommandError(
      'BSONObjectTooLarge',
      `object to insert too large. size in bytes: ${bytes.length}, max size: ${MAX_DOCUMENT_BYTES}`,
    )
  }
  const doc = decode(bytes)
  const { _id = new ObjectId(), ...rest } = doc
  checkId(_id)
  if (ID_IN_FRONT.equals(bytes.subarray(5, 9))) return new StoredDoc(keyOf(_id), Buffer.from(bytes), doc)
  const complete = { _id, ...rest }
  return new StoredDoc(keyOf(_id), encode(complete), complete)
}

/** The record of a document that was stored before. */
export function storedRecord(bytes: Uint8Array): StoredDoc {
  return new StoredDoc(keyOf(decode(bytes)._id), bytes)
}

function checkId(id: unknown): void {
  const type = Array.isArray(id) ? 'array' : id instanceof BSONRegExp ? 'regex' : undefined
  if (type) throw new CommandError('InvalidIdField', `The '_id' value cannot be of type ${type}`)
}
