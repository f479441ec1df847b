import { Binary } from 'bson'
import { CommandError } from '../errors.ts'
import { MAX_DOCUMENT_BYTES } from '../values/codec.ts'
import { isNumeric, toNumeric } from '../values/compare.ts'
import type { Test } from './paths.ts'

/** No document has more bits than this. */
const MAX_POSITION = 8 * MAX_DOCUMENT_BYTES

/** Compiles `$bitsAllSet`, `$bitsAllClear`, `$bitsAnySet` or `$bitsAnyClear`. */
export function bitTest(name: string, argument: unknown): Test {
  const mask = toMask(argument)
  return (value) => {
    const bits = toBits(value)
    if (bits === undefined) return false
    const set = bits & mask
    switch (name) {
      case '$bitsAllSet':
        return set === mask
      case '$bitsAllClear':
        return set === 0n
      case '$bitsAnySet':
        return set !== 0n
      default:
        return set !== mask
    }
  }
}

function toMask(argument: unknown): bigint {
  if (Array.isArray(argument)) {
    let mask = 0n
    for (const position of argument) {
      const bit = Number(toNumeric(position))
      if (!Number.isInteger(bit) || bit < 0 || bit > MAX_POSITION) {
        throw new CommandError('BadValue', `Failed to parse bit position. Expected a non-negative number`)
      }
      mask |= 1n << BigInt(bit)
    }
    return mask
  }
  const mask = toBits(argument)
  if (mask === undefined || mask < 0n) {
    throw new CommandError(
      'BadValue',
      `${argument} is not a valid bit mask: use a number, a list of positions or BinData`,
    )
  }
  return mask
}

/** The bits of a whole number (two's complement) or of binary data (first byte lowest). */
function toBits(value: unknown): bigint | undefined {
  if (value instanceof Binary) {
    const bytes = Buffer.from(value.value()).reverse()
    return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`)
  }
  if (!isNumeric(value)) return undefined
  const number = toNumeric(value)
  if (typeof number === 'bigint') return number
  return Number.isInteger(number) ? BigInt(number) : undefined
}
