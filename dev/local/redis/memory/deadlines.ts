import type { Bytes } from '../bytes.ts'
import { RedisError } from '../reply.ts'
import { argument } from './command.ts'
import { integer } from './numbers.ts'

/** How a command counts time: in seconds or milliseconds, from now or from the epoch. */
export interface TimeUnit {
  readonly milliseconds: 1 | 1000
  readonly isAbsolute: boolean
}

export const SECONDS: TimeUnit = { milliseconds: 1000, isAbsolute: false }
export const MILLISECONDS: TimeUnit = { milliseconds: 1, isAbsolute: false }
export const UNIX_SECONDS: TimeUnit = { milliseconds: 1000, isAbsolute: true }
export const UNIX_MILLISECONDS: TimeUnit = { milliseconds: 1, isAbsolute: true }

const OPTIONS: ReadonlyMap<string, TimeUnit> = new Map([
  ['EX', SECONDS],
  ['PX', MILLISECONDS],
  ['EXAT', UNIX_SECONDS],
  ['PXAT', UNIX_MILLISECONDS],
])

function invalidExpire(command: string): RedisError {
  return new RedisError(`ERR invalid expire time in '${command}' command`)
}

/** The moment (ms since the epoch) that an argument names. @throws {RedisError} when it is beyond what Redis holds. */
export function deadline(bytes: Bytes, unit: TimeUnit, now: number, command: string): number {
  const at = integer(bytes) * unit.milliseconds + (unit.isAbsolute ? 0 : now)
  if (!Number.isSafeInteger(at)) throw invalidExpire(command)
  return at
}

/** The same for SET and its like, which refuse a time of zero or less. */
export function positiveDeadline(bytes: Bytes, unit: TimeUnit, now: number, command: string): number {
  if (integer(bytes) <= 0) throw invalidExpire(command)
  return deadline(bytes, unit, now, command)
}

/** The deadline that `EX 10` and its like name at `at`; undefined when the word there is another one. */
export function deadlineOption(
  args: readonly Bytes[],
  at: number,
  now: number,
  command: string,
): number | undefined {
  const unit = OPTIONS.get(argument(args, at).toUpperCase())
  return unit && positiveDeadline(argument(args, at + 1), unit, now, command)
}

/** Whether EXPIRE's NX, XX, GT and LT let `next` replace `current` (0 = none). @throws {RedisError} when they clash. */
export function mayReplace(current: number, next: number, flags: readonly Bytes[]): boolean {
  const set = new Set(flags.map((flag) => flag.toUpperCase()))
  for (const flag of set) {
    if (!['NX', 'XX', 'GT', 'LT'].includes(flag)) throw new RedisError(`ERR Unsupported option ${flag}`)
  }
  if (set.has('NX') && set.size > 1) {
    throw new RedisError('ERR NX and XX, GT or LT options at the same time are not compatible')
  }
  if (set.has('GT') && set.has('LT')) {
    throw new RedisError('ERR GT and LT options at the same time are not compatible')
  }
  // No deadline counts as an infinite one (https://redis.io/docs/latest/commands/expire/).
  if (set.has('NX') && current !== 0) return false
  if (set.has('XX') && current === 0) return false
  if (set.has('GT') && (current === 0 || next <= current)) return false
  return !(set.has('LT') && current !== 0 && next >= current)
}
