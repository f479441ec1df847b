import type { Bytes } from '../bytes.ts'
import { RedisError } from '../reply.ts'

const INTEGER = /^(0|-?[1-9]\d{0,18})$/
const INT64_MAX = 2n ** 63n - 1n
const INT64_MIN = -(2n ** 63n)

const notAnInteger = () => new RedisError('ERR value is not an integer or out of range')

/**
 * An integer argument in Redis' strict form: no plus sign, no leading zero, no spaces.
 * @throws {RedisError} for anything else, and for what a double cannot hold exactly: such counts and times are
 * mistakes, and Redis refuses most of them too.
 */
export function integer(bytes: Bytes): number {
  const value = INTEGER.test(bytes) ? Number(bytes) : Number.NaN
  if (!Number.isSafeInteger(value)) throw notAnInteger()
  return value
}

/** `current` + `delta` as signed 64-bit integers, as INCRBY needs it. @throws {RedisError} on overflow. */
export function addIntegers(current: Bytes, delta: Bytes): number | bigint {
  if (!INTEGER.test(current) || !INTEGER.test(delta)) throw notAnInteger()
  const sum = Number(current) + Number(delta)
  if (Number.isSafeInteger(sum) && current.length < 16 && delta.length < 16) return sum
  const [a, b] = [BigInt(current), BigInt(delta)]
  if (a > INT64_MAX || a < INT64_MIN || b > INT64_MAX || b < INT64_MIN) throw notAnInteger()
  const exact = a + b
  if (exact > INT64_MAX || exact < INT64_MIN) {
    throw new RedisError('ERR increment or decrement would overflow')
  }
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact
}

/** The negative of an integer argument, for DECRBY. @throws {RedisError} for the one value that has none. */
export function negate(bytes: Bytes): Bytes {
  if (!INTEGER.test(bytes)) throw notAnInteger()
  if (bytes === String(INT64_MIN)) throw new RedisError('ERR decrement would overflow')
  if (bytes === '0') return bytes
  return bytes.startsWith('-') ? bytes.slice(1) : `-${bytes}`
}

const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const INFINITE = /^([+-]?)inf(inity)?$/i

/** A floating point argument, infinities included; undefined when it is none. */
export function parseFloatArgument(bytes: Bytes): number | undefined {
  if (FLOAT.test(bytes)) return Number(bytes)
  const infinite = INFINITE.exec(bytes)
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return undefined
}

/** @throws {RedisError} when the argument is no number. */
export function float(bytes: Bytes): number {
  const value = parseFloatArgument(bytes)
  if (value === undefined) throw new RedisError('ERR value is not a valid float')
  return value
}

/** How Redis prints a double: the shortest text that reads back as the same number, `inf` and `-inf`. */
export function formatFloat(value: number): Bytes {
  if (value === Number.POSITIVE_INFINITY) return 'inf'
  if (value === Number.NEGATIVE_INFINITY) return '-inf'
  return Object.is(value, -0) ? '-0' : String(value)
}

/** INCRBYFLOAT keeps this many digits after the point (util.c, ld2string). */
const FRACTION_DIGITS = 17

/**
 * `current` + `delta` as INCRBYFLOAT prints it: never with an exponent, and 0.1 + 0.2 is 0.3. Redis adds in 80-bit
 * floating point; decimal arithmetic gives the same digits.
 * @throws {RedisError} when either is no number, or the sum is not finite.
 */
export function addFloats(current: Bytes, delta: Bytes): Bytes {
  if (!Number.isFinite(float(current) + float(delta))) {
    throw new RedisError('ERR increment would produce NaN or Infinity')
  }
  const sum = scaled(current) + scaled(delta)
  const digits = (sum < 0n ? -sum : sum).toString().padStart(FRACTION_DIGITS + 1, '0')
  const fraction = digits.slice(-FRACTION_DIGITS).replace(/0+$/, '')
  const whole = digits.slice(0, -FRACTION_DIGITS)
  return `${sum < 0n ? '-' : ''}${whole}${fraction && `.${fraction}`}`
}

/** A finite number argument times 10^FRACTION_DIGITS, further digits cut off. */
function scaled(bytes: Bytes): bigint {
  const [mantissa = '', exponentText = '0'] = bytes.toLowerCase().replace(/^\+/, '').split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const exponent = Number(exponentText) - fraction.length + FRACTION_DIGITS
  const digits = BigInt(`${whole}${fraction}`.replace('-', ''))
  // A finite number with so low an exponent is 0 here; so high a one can only stand beside 0.
  if (digits === 0n || exponent < -400) return 0n
  const size = exponent < 0 ? digits / 10n ** BigInt(-exponent) : digits * 10n ** BigInt(exponent)
  return whole.startsWith('-') ? -size : size
}
