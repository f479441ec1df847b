import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
} from 'bson'
import type { Doc } from './codec.ts'

/** Orders two values: negative, zero or positive. */
export type Compare = (a: unknown, b: unknown) => number

/** The order of types in MongoDB: https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/ */
export const ORDER = {
  minKey: -1,
  missing: 0,
  null: 5,
  number: 10,
  string: 15,
  object: 20,
  array: 25,
  binary: 30,
  objectId: 35,
  boolean: 40,
  date: 45,
  timestamp: 47,
  regex: 50,
  code: 60,
  maxKey: 127,
} as const

const CLASS_ORDER = new Map<unknown, number>([
  [Object.prototype, ORDER.object],
  [Array.prototype, ORDER.array],
  [ObjectId.prototype, ORDER.objectId],
  [Date.prototype, ORDER.date],
  [Double.prototype, ORDER.number],
  [Long.prototype, ORDER.number],
  [Int32.prototype, ORDER.number],
  [Decimal128.prototype, ORDER.number],
  [BSONSymbol.prototype, ORDER.string],
  [Binary.prototype, ORDER.binary],
  [UUID.prototype, ORDER.binary],
  [Timestamp.prototype, ORDER.timestamp],
  [BSONRegExp.prototype, ORDER.regex],
  [RegExp.prototype, ORDER.regex],
  [Code.prototype, ORDER.code],
  [MinKey.prototype, ORDER.minKey],
  [MaxKey.prototype, ORDER.maxKey],
])

/** Where the type of a value stands among the types; a missing value (undefined) stands below null. */
export function typeOrder(value: unknown): number {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return ORDER.number
    case 'string':
      return ORDER.string
    case 'boolean':
      return ORDER.boolean
    case 'undefined':
      return ORDER.missing
    default:
      if (value === null) return ORDER.null
      return CLASS_ORDER.get(Object.getPrototypeOf(value)) ?? ORDER.object
  }
}

/** MongoDB's order of values, strings by their bytes in UTF-8, which is the order of their code points. */
export const compareValues: Compare = (a, b) => compareWith(a, b, compareStrings)

/** MongoDB's order of values with the strings ordered by a collation. */
export function comparatorFor(collator: Intl.Collator): Compare {
  return (a, b) => compareWith(a, b, collator.compare)
}

function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)]
    if (one !== other) return rankOf(one) - rankOf(other)
  }
  return a.length - b.length
}

/** Halves of surrogate pairs stand for code points above all others, and are no larger than those from U+E000 on. */
function rankOf(unit: number): number {
  if (unit < 0xd800) return unit
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000
}

function compareWith(a: unknown, b: unknown, strings: (a: string, b: string) => number): number {
  if (typeof a === 'number' && typeof b === 'number') return compareNumbers(a, b)
  if (typeof a === 'string' && typeof b === 'string') return strings(a, b)
  const order = typeOrder(a)
  const difference = order - typeOrder(b)
  if (difference !== 0) return difference
  switch (order) {
    case ORDER.number:
      return compareNumbers(toNumeric(a), toNumeric(b))
    case ORDER.string:
      return strings(String(a), String(b))
    case ORDER.object:
      return compareDocs(a as Doc, b as Doc, strings)
    case ORDER.array:
      return compareArrays(a as unknown[], b as unknown[], strings)
    case ORDER.boolean:
      return Number(a) - Number(b)
    case ORDER.date:
      return compareNumbers((a as Date).getTime(), (b as Date).getTime())
    case ORDER.objectId:
      return compareStrings((a as ObjectId).toHexString(), (b as ObjectId).toHexString())
    case ORDER.binary:
      return compareBinaries(a as Binary, b as Binary)
    case ORDER.timestamp:
      return (a as Timestamp).compare(b as Timestamp)
    case ORDER.regex:
      return compareStrings(regexText(a), regexText(b))
    case ORDER.code:
      return compareStrings(String((a as Code).code), String((b as Code).code))
    default:
      return 0
  }
}

export function isNumeric(value: unknown): boolean {
  return typeOrder(value) === ORDER.number
}

/** A number of any BSON type as one JavaScript can compare exactly; decimals to the nearest double. */
export function toNumeric(value: unknown): number | bigint {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  if (value instanceof Long) {
    const number = value.toNumber()
    return Number.isSafeInteger(number) ? number : value.toBigInt()
  }
  if (value instanceof Double || value instanceof Int32) return value.value
  return Number(String(value))
}

function compareNumbers(a: number | bigint, b: number | bigint): number {
  if (a < b) return -1
  if (a > b) return 1
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number of the same value are equal here
  if (a == b) return 0
  // NaN sorts below every other number and equals itself.
  return Number(Number.isNaN(b)) - Number(Number.isNaN(a))
}

function compareDocs(a: Doc, b: Doc, strings: (a: string, b: string) => number): number {
  const namesA = Object.keys(a)
  const namesB = Object.keys(b)
  for (let i = 0; i < namesA.length && i < namesB.length; i++) {
    const nameA = namesA[i] as string
    const nameB = namesB[i] as string
    const result =
      typeOrder(a[nameA]) - typeOrder(b[nameB]) ||
      compareStrings(nameA, nameB) ||
      compareWith(a[nameA], b[nameB], strings)
    if (result !== 0) return result
  }
  return namesA.length - namesB.length
}

function compareArrays(a: unknown[], b: unknown[], strings: (a: string, b: string) => number): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const result = compareWith(a[i], b[i], strings)
    if (result !== 0) return result
  }
  return a.length - b.length
}

function compareBinaries(a: Binary, b: Binary): number {
  return (
    a.length() - b.length() ||
    a.sub_type - b.sub_type ||
    Buffer.compare(Buffer.from(a.value()), Buffer.from(b.value()))
  )
}

function regexText(value: unknown): string {
  return value instanceof BSONRegExp ? `${value.pattern}\0${value.options}` : String(value)
}
