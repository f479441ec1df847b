import type { Bytes } from '../bytes.ts'
import { RedisError, type Reply } from '../reply.ts'
import { argument, syntaxError } from './command.ts'
import { glob } from './glob.ts'
import { integer } from './numbers.ts'

/**
 * HSCAN, SSCAN and ZSCAN: everything in one step, cursor 0. Redis does the same for its compact encodings, and its
 * contract (https://redis.io/docs/latest/commands/scan/) makes COUNT a hint.
 * @param items a member, then what is shown with it.
 * @param args the arguments after the key.
 */
export function scanCollection(
  items: readonly (readonly [Bytes, ...Bytes[]])[],
  args: readonly Bytes[],
): Reply {
  if (!/^\d{1,20}$/.test(argument(args, 0))) throw new RedisError('ERR invalid cursor')
  let matches = (_: Bytes) => true
  let isNamesOnly = false
  for (let at = 1; at < args.length; at++) {
    const word = argument(args, at).toUpperCase()
    if (word === 'NOVALUES') isNamesOnly = true
    else if (word === 'MATCH') matches = glob(argument(args, ++at))
    else if (word !== 'COUNT' || integer(argument(args, ++at)) < 1) throw syntaxError()
  }
  const found = items.filter(([member]) => matches(member))
  return ['0', found.flatMap((item) => (isNamesOnly ? [item[0]] : [...item]))]
}
