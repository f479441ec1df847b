import type { Bytes } from '../bytes.ts'
import { RedisError } from '../reply.ts'
import { argument, clipRange, syntaxError } from './command.ts'
import { integer, parseFloatArgument } from './numbers.ts'
import type { Scored, SortedSet } from './sorted-set.ts'

export type RangeBy = 'rank' | 'score' | 'lex'

/** Which members of a sorted set: in ascending order `from` is included, `to` is not. */
interface Interval {
  readonly from: number
  readonly to: number
}

/** How many leading members lie below a bound; the bound itself counts only when `withEqual`. */
type CountBelow = (set: SortedSet, withEqual: boolean) => number

interface Bound {
  readonly isExclusive: boolean
  readonly countBelow: CountBelow
}

/** `1.5`, `(1.5`, `-inf` and so on. */
function scoreBound(text: Bytes): Bound {
  const isExclusive = text.startsWith('(')
  const score = parseFloatArgument(isExclusive ? text.slice(1) : text)
  if (score === undefined) throw new RedisError('ERR min or max is not a float')
  return {
    isExclusive,
    countBelow: (set, withEqual) =>
      set.countWhile((entry) => entry.score < score || (withEqual && entry.score === score)),
  }
}

/** `[a`, `(a`, `-` and `+`. */
function lexBound(text: Bytes): Bound {
  if (text === '-') return { isExclusive: false, countBelow: () => 0 }
  if (text === '+') return { isExclusive: false, countBelow: (set) => set.size }
  const isExclusive = text.startsWith('(')
  if (!isExclusive && !text.startsWith('[')) {
    throw new RedisError('ERR min or max not valid string range item')
  }
  const member = text.slice(1)
  return {
    isExclusive,
    countBelow: (set, withEqual) =>
      set.countWhile((entry) => entry.member < member || (withEqual && entry.member === member)),
  }
}

/**
 * Reads the two ends of a range; for `isReverse` the higher end comes first, or the ranks count from the top.
 * Returns what finds the interval in a set, so that wrong ends are refused even for a missing key.
 */
export function readInterval(
  by: RangeBy,
  start: Bytes,
  stop: Bytes,
  isReverse: boolean,
): (set: SortedSet) => Interval {
  if (by === 'rank') {
    const [first, last] = [integer(start), integer(stop)]
    return (set) => {
      const { from, to } = clipRange(first, last, set.size)
      return isReverse ? { from: set.size - to, to: set.size - from } : { from, to }
    }
  }
  const bound = by === 'score' ? scoreBound : lexBound
  const low = bound(isReverse ? stop : start)
  const high = bound(isReverse ? start : stop)
  return (set) => {
    const from = low.countBelow(set, low.isExclusive)
    return { from, to: Math.max(from, high.countBelow(set, !high.isExclusive)) }
  }
}

/** The options that follow the ends of ZRANGE and its older siblings. */
interface RangeOptions {
  by: RangeBy
  isReverse: boolean
  hasScores: boolean
  limit: { offset: number; count: number } | undefined
}

/** @param words the options that this command knows. @throws {RedisError} for any other word or an odd mixture. */
export function readRangeOptions(
  args: readonly Bytes[],
  words: readonly string[],
  defaults: Pick<RangeOptions, 'by' | 'isReverse'>,
): RangeOptions {
  const options: RangeOptions = { ...defaults, hasScores: false, limit: undefined }
  for (let at = 0; at < args.length; at++) {
    const word = argument(args, at).toUpperCase()
    if (!words.includes(word)) throw syntaxError()
    if (word === 'BYSCORE') options.by = 'score'
    else if (word === 'BYLEX') options.by = 'lex'
    else if (word === 'REV') options.isReverse = true
    else if (word === 'WITHSCORES') options.hasScores = true
    else {
      options.limit = { offset: integer(argument(args, at + 1)), count: integer(argument(args, at + 2)) }
      at += 2
    }
  }
  if (options.limit && options.by === 'rank') {
    throw new RedisError(
      'ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX',
    )
  }
  if (options.hasScores && options.by === 'lex') {
    throw new RedisError('ERR syntax error, WITHSCORES not supported in combination with BYLEX')
  }
  return options
}

/** The members of an interval in the order asked for, after LIMIT. */
export function select(set: SortedSet, { from, to }: Interval, options: RangeOptions): Scored[] {
  const found = set.slice(from, to)
  if (options.isReverse) found.reverse()
  const { limit } = options
  if (!limit) return found
  if (limit.offset < 0) return []
  return found.slice(limit.offset, limit.count < 0 ? undefined : limit.offset + limit.count)
}
