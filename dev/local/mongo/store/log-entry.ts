import { crc32 } from 'node:zlib'

/** What an entry of the log says: the payload is a BSON document. */
export const OPERATION = {
  createCollection: 1,
  dropCollection: 2,
  put: 3,
  remove: 4,
  createIndex: 5,
  dropIndex: 6,
} as const

export type Operation = (typeof OPERATION)[keyof typeof OPERATION]

export interface LogEntry {
  operation: Operation
  namespace: string
  payload: Uint8Array
}

const HEADER = 8
const EMPTY_DOC = Buffer.from([5, 0, 0, 0, 0])

/** An entry as it stands in the file: length and CRC-32 of the rest, operation, namespace, payload. */
export function encodeEntry({ operation, namespace, payload }: LogEntry): Buffer {
  const name = Buffer.from(namespace)
  const entry = Buffer.allocUnsafe(HEADER + 3 + name.length + payload.length)
  entry.writeUInt8(operation, HEADER)
  entry.writeUInt16LE(name.length, HEADER + 1)
  entry.set(name, HEADER + 3)
  entry.set(payload, HEADER + 3 + name.length)
  entry.writeUInt32LE(entry.length - HEADER, 0)
  entry.writeUInt32LE(crc32(entry.subarray(HEADER)), 4)
  return entry
}

export function bareEntry(operation: Operation, namespace: string): LogEntry {
  return { operation, namespace, payload: EMPTY_DOC }
}

interface LogReading {
  /** Bytes of whole, sound entries. What follows was being written when the process died, or is damaged. */
  soundBytes: number
  /** True if what follows is whole but does not have its checksum. */
  isDamaged: boolean
}

/** Reads entries up to the first one that is not whole. */
export function readEntries(file: Buffer, apply: (entry: LogEntry) => void): LogReading {
  let at = 0
  while (at + HEADER <= file.length) {
    const length = file.readUInt32LE(at)
    const end = at + HEADER + length
    if (end > file.length) break
    const body = file.subarray(at + HEADER, end)
    if (length < 3 || crc32(body) !== file.readUInt32LE(at + 4)) return { soundBytes: at, isDamaged: true }
    const nameEnd = 3 + body.readUInt16LE(1)
    apply({
      operation: body.readUInt8(0) as Operation,
      namespace: body.toString('utf8', 3, nameEnd),
      // A copy, so that one small document does not keep the whole file in memory.
      payload: Buffer.from(body.subarray(nameEnd)),
    })
    at = end
  }
  return { soundBytes: at, isDamaged: false }
}
