/** Bytes of the array element around a document: type, up to seven digits, the end of the name. */
const ELEMENT_OVERHEAD = 9
const DOCUMENT = 3
const ARRAY = 4
const STRING = 2
const INT64 = 0x12
const DOUBLE = 1

/**
 * The answer of `find`, `aggregate` and `getMore` with the documents as the bytes they are stored as:
 * `{ cursor: { firstBatch | nextBatch: [...], id, ns }, ok: 1 }`.
 */
export function cursorReply(
  batchName: 'firstBatch' | 'nextBatch',
  docs: readonly Uint8Array[],
  id: bigint,
  namespace: string,
): Buffer {
  const nameBytes = Buffer.byteLength(namespace)
  let size = 128 + nameBytes
  for (const doc of docs) size += doc.length + ELEMENT_OVERHEAD
  const out = Buffer.allocUnsafe(size)
  let at = 4
  at = element(out, at, DOCUMENT, 'cursor')
  const cursorStart = at
  at = element(out, at + 4, ARRAY, batchName)
  const arrayStart = at
  at += 4
  for (let i = 0; i < docs.length; i++) {
    const doc = docs[i] as Uint8Array
    at = element(out, at, DOCUMENT, String(i))
    out.set(doc, at)
    at += doc.length
  }
  at = end(out, at, arrayStart)
  at = element(out, at, INT64, 'id')
  at = out.writeBigInt64LE(id, at)
  at = element(out, at, STRING, 'ns')
  at = out.writeInt32LE(nameBytes + 1, at)
  at += out.write(namespace, at)
  out[at++] = 0
  at = end(out, at, cursorStart)
  at = element(out, at, DOUBLE, 'ok')
  at = out.writeDoubleLE(1, at)
  at = end(out, at, 0)
  return out.subarray(0, at)
}

function element(out: Buffer, at: number, type: number, name: string): number {
  out[at] = type
  const next = at + 1 + out.write(name, at + 1, 'latin1')
  out[next] = 0
  return next + 1
}

/** Ends a document or an array and writes its length where it began. */
function end(out: Buffer, at: number, start: number): number {
  out[at] = 0
  out.writeInt32LE(at + 1 - start, start)
  return at + 1
}
