import type { Bytes } from '../bytes.ts'
import type { Reply } from '../reply.ts'
import { syntaxError } from './command.ts'
import { integer } from './numbers.ts'

/**
 * What SRANDMEMBER, HRANDFIELD and ZRANDMEMBER share: without a count one item or nothing; with a positive count that
 * many different items; with a negative one that many with repetition.
 * @param items a member, then what belongs to it and is shown with `withWord`.
 * @param options the arguments after the key.
 */
export function sample(
  items: readonly (readonly [Bytes, ...Bytes[]])[],
  options: readonly Bytes[],
  random: () => number,
  withWord?: string,
): Reply {
  const pick = (from: readonly (readonly [Bytes, ...Bytes[]])[]) => Math.floor(random() * from.length)
  const [countText, word, ...rest] = options
  if (countText === undefined) return items[pick(items)]?.[0] ?? null
  if (rest.length > 0 || (word !== undefined && word.toUpperCase() !== withWord)) throw syntaxError()
  const count = integer(countText)
  const chosen =
    count < 0
      ? Array.from({ length: items.length > 0 ? -count : 0 }, () => items[pick(items)])
      : shuffled(items, random).slice(0, count)
  return chosen.flatMap((item) => (item ? (word === undefined ? [item[0]] : [...item]) : []))
}

/** A copy in random order (Fisher-Yates). */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const copy = [...items]
  for (let at = copy.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    const [a, b] = [copy[at], copy[other]]
    if (a === undefined || b === undefined) continue
    copy[at] = b
    copy[other] = a
  }
  return copy
}
