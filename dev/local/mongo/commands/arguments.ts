import { Long } from 'bson'
import { CommandError } from '../errors.ts'
import { typeAlias } from '../query/types.ts'
import { checkCollectionName } from '../store/names.ts'
import { type Doc, decode, isDoc } from '../values/codec.ts'
import { isNumeric, toNumeric } from '../values/compare.ts'
import type { CommandContext } from './context.ts'

/** The collection that a command names as its own argument. */
export function collectionOf({ command, name, db }: CommandContext): string {
  const collection = command[name]
  checkCollectionName(db, collection)
  return collection
}

/** A document field; an empty document if it is absent. */
export function docField(command: Doc, field: string): Doc {
  const value = command[field]
  if (value === undefined || value === null) return {}
  if (!isDoc(value)) throw wrongType(field, value, 'object')
  return value
}

/** A number field of any numeric type. */
export function numberField(command: Doc, field: string): number | undefined {
  const value = command[field]
  if (value === undefined || value === null) return undefined
  if (!isNumeric(value)) throw wrongType(field, value, 'number')
  return Number(toNumeric(value))
}

/** A number field that must be 0 or more. */
export function countField(command: Doc, field: string): number | undefined {
  const value = numberField(command, field)
  if (value !== undefined && value < 0) {
    throw new CommandError(51024, `BSON field '${field}' value must be >= 0, actual value '${value}'`)
  }
  return value
}

export function cursorId(value: unknown): bigint {
  if (value instanceof Long) return value.toBigInt()
  if (Number.isSafeInteger(value)) return BigInt(value as number)
  throw wrongType('getMore', value, 'long')
}

/** The documents of a list argument, from a document sequence or from the command itself. */
export function listArgument(context: CommandContext, field: string): unknown[] {
  const sequence = context.sequences.get(field)
  if (sequence) return sequence.map((bytes) => decode(bytes))
  const list = context.command[field]
  if (!Array.isArray(list)) throw wrongType(field, list, 'array')
  return list
}

/** As `listArgument`, but the documents stay bytes. */
export function rawListArgument(context: CommandContext, field: string): Uint8Array[] {
  const sequence = context.sequences.get(field)
  if (sequence) return sequence
  const list = context.command[field]
  if (!Array.isArray(list) || !list.every((item) => item instanceof Uint8Array)) {
    throw wrongType(field, list, 'array of documents')
  }
  return list
}

export function wrongType(field: string, value: unknown, expected: string): CommandError {
  if (value === undefined)
    return new CommandError(40414, `BSON field '${field}' is missing but a required field`)
  return new CommandError(
    'TypeMismatch',
    `BSON field '${field}' is the wrong type '${typeAlias(value)}', expected type '${expected}'`,
  )
}
