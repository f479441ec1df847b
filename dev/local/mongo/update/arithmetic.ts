import { Decimal128, Double, Long, Timestamp } from 'bson'
import { CommandError } from '../errors.ts'
import { isInt32 } from '../values/codec.ts'
import { toNumeric } from '../values/compare.ts'

const LONG_MIN = -(2n ** 63n)
const LONG_MAX = 2n ** 63n - 1n

type Operation = 'add' | 'multiply'

/**
 * Adds or multiplies as the server does: the wider type wins (int, long, double, decimal), and an int that overflows
 * becomes a long.
 */
export function compute(operation: Operation, a: unknown, b: unknown): unknown {
  if (a instanceof Decimal128 || b instanceof Decimal128) {
    return Decimal128.fromString(String(apply(operation, Number(toNumeric(a)), Number(toNumeric(b)))))
  }
  if (isDouble(a) || isDouble(b)) {
    return double(apply(operation, Number(toNumeric(a)), Number(toNumeric(b))))
  }
  const left = BigInt(toNumeric(a))
  const right = BigInt(toNumeric(b))
  const result = operation === 'add' ? left + right : left * right
  if (result < LONG_MIN || result > LONG_MAX) {
    throw new CommandError(
      'BadValue',
      `Failed to apply ${operation === 'add' ? '$inc' : '$mul'} operations to current value: the result overflows a long`,
    )
  }
  return typeof a === 'number' && typeof b === 'number' && isInt32(Number(result))
    ? Number(result)
    : Long.fromBigInt(result)
}

/** A bitwise operation on two whole numbers; a long wins over an int. */
export function computeBits(name: string, a: unknown, b: unknown): unknown {
  const left = BigInt(toNumeric(a))
  const right = BigInt(toNumeric(b))
  const result = name === 'and' ? left & right : name === 'or' ? left | right : left ^ right
  return typeof a === 'number' && typeof b === 'number' ? Number(result) : Long.fromBigInt(result)
}

export function isWhole(value: unknown): boolean {
  return (
    (typeof value === 'number' && isInt32(value)) || (value instanceof Long && !(value instanceof Timestamp))
  )
}

function isDouble(value: unknown): boolean {
  return value instanceof Double || (typeof value === 'number' && !isInt32(value))
}

function double(value: number): unknown {
  return isInt32(value) ? new Double(value) : value
}

function apply(operation: Operation, a: number, b: number): number {
  return operation === 'add' ? a + b : a * b
}
