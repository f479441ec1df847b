import type { Doc } from '../values/codec.ts'
import { decode, encode } from '../values/codec.ts'

/** https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ */
export const OP_REPLY = 1
export const OP_QUERY = 2004
export const OP_MSG = 2013
const HEADER = 16
const CHECKSUM_PRESENT = 1 << 0
const MORE_TO_COME = 1 << 1

/** One command as it came in. */
export interface Request {
  requestId: number
  opCode: typeof OP_MSG | typeof OP_QUERY
  body: Doc
  /** The documents of the sequences (sections of kind 1), as bytes. */
  sequences: Map<string, Uint8Array[]>
  /** The client wants no answer. */
  isOneWay: boolean
}

/** A message that breaks the protocol: its connection is closed. */
export class ProtocolError extends Error {}

// The commands whose documents stay bytes, so that they are stored as they came.
const RAW_ARRAYS = { documents: true }

/** Reads one whole message. Throws ProtocolError if it cannot be read. */
export function parseMessage(message: Buffer): Request {
  const requestId = message.readInt32LE(4)
  const opCode = message.readInt32LE(12)
  if (opCode === OP_MSG) return parseMsg(message, requestId)
  if (opCode === OP_QUERY) return parseQuery(message, requestId)
  throw new ProtocolError(`operation ${opCode} is not supported`)
}

function parseMsg(message: Buffer, requestId: number): Request {
  if (message.length < HEADER + 5) throw new ProtocolError('a message without a section')
  const flags = message.readUInt32LE(HEADER)
  // The low 16 bits are required: one that is not known makes the message unreadable.
  if (flags & 0xffff & ~(CHECKSUM_PRESENT | MORE_TO_COME)) throw new ProtocolError(`unknown flags ${flags}`)
  const end = message.length - (flags & CHECKSUM_PRESENT ? 4 : 0)
  const sequences = new Map<string, Uint8Array[]>()
  let body: Doc | undefined
  let at = HEADER + 4
  while (at < end) {
    const kind = message.readUInt8(at++)
    const size = sizeAt(message, at, end)
    if (kind === 0) {
      if (body) throw new ProtocolError('two sections of kind 0')
      body = decodeBody(message.subarray(at, at + size))
    } else if (kind === 1) {
      const [name, list] = parseSequence(message.subarray(at, at + size))
      if (sequences.has(name)) throw new ProtocolError(`two sequences '${name}'`)
      sequences.set(name, list)
    } else {
      throw new ProtocolError(`unknown section kind ${kind}`)
    }
    at += size
  }
  if (!body) throw new ProtocolError('no section of kind 0')
  return { requestId, opCode: OP_MSG, body, sequences, isOneWay: (flags & MORE_TO_COME) !== 0 }
}

function parseSequence(section: Buffer): [string, Uint8Array[]] {
  const nameEnd = section.indexOf(0, 4)
  if (nameEnd < 0) throw new ProtocolError('a sequence without a name')
  const list: Uint8Array[] = []
  let at = nameEnd + 1
  while (at < section.length) {
    const size = sizeAt(section, at, section.length)
    list.push(section.subarray(at, at + size))
    at += size
  }
  return [section.toString('utf8', 4, nameEnd), list]
}

function parseQuery(message: Buffer, requestId: number): Request {
  const nameEnd = message.indexOf(0, HEADER + 4)
  const at = nameEnd + 9
  if (nameEnd < 0) throw new ProtocolError('a query without a collection')
  const name = message.toString('utf8', HEADER + 4, nameEnd)
  if (!name.endsWith('.$cmd')) throw new ProtocolError('a legacy query that is no command')
  const body = decodeBody(message.subarray(at, at + sizeAt(message, at, message.length)))
  body.$db ??= name.slice(0, -'.$cmd'.length)
  return { requestId, opCode: OP_QUERY, body, sequences: new Map(), isOneWay: false }
}

function decodeBody(bytes: Buffer): Doc {
  // `documents` names the first element's command only in an insert; elsewhere it may be any field.
  const isInsert = bytes.length > 12 && bytes.toString('latin1', 5, 12) === 'insert\0'
  try {
    return decode(bytes, isInsert ? RAW_ARRAYS : undefined)
  } catch (error) {
    throw new ProtocolError((error as Error).message)
  }
}

function sizeAt(bytes: Buffer, at: number, end: number): number {
  if (at + 5 > end) throw new ProtocolError('a truncated section')
  const size = bytes.readInt32LE(at)
  if (size < 5 || at + size > end) throw new ProtocolError(`a section of ${size} bytes`)
  return size
}

let nextRequestId = 1

/** An answer as one message: OP_MSG, or OP_REPLY to a legacy query. */
export function buildReply(request: Request, body: Uint8Array | Doc): Buffer {
  const bytes = body instanceof Uint8Array ? body : encode(body)
  const isMsg = request.opCode === OP_MSG
  const prefix = isMsg ? HEADER + 5 : HEADER + 20
  const message = Buffer.allocUnsafe(prefix + bytes.length)
  message.writeInt32LE(message.length, 0)
  message.writeInt32LE(nextRequestId, 4)
  nextRequestId = (nextRequestId + 1) & 0x7fffffff
  message.writeInt32LE(request.requestId, 8)
  message.writeInt32LE(isMsg ? OP_MSG : OP_REPLY, 12)
  message.fill(0, HEADER, prefix)
  // OP_REPLY ends its header with the number of documents; OP_MSG with the kind of its section, 0.
  if (!isMsg) message.writeInt32LE(1, HEADER + 16)
  message.set(bytes, prefix)
  return message
}
