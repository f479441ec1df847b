import type { Bytes } from '../bytes.ts'
import type { Command, Reply } from '../reply.ts'
import { RedisError } from '../reply.ts'
import type { Keyspace } from './keyspace.ts'

export interface Context {
  readonly keys: Keyspace
  /** A number in [0, 1), for SPOP and its like. */
  random(): number
}

type Run = (context: Context, args: readonly Bytes[]) => Reply

/** A command of the engine, by its upper-case name. */
export interface CommandSpec {
  /** As in Redis' COMMAND: the words with the name itself; negative for "at least". */
  readonly arity: number
  readonly isWrite: boolean
  readonly run: Run
}

export type CommandTable = Readonly<Record<string, CommandSpec>>

export const read = (arity: number, run: Run): CommandSpec => ({ arity, isWrite: false, run })
export const write = (arity: number, run: Run): CommandSpec => ({ arity, isWrite: true, run })

/**
 * The argument at a place that the command's arity has already checked.
 * @throws {RedisError} when it is not there after all: an option whose value is missing.
 */
export function argument(args: readonly Bytes[], at: number): Bytes {
  const value = args[at]
  if (value === undefined) throw syntaxError()
  return value
}

export function syntaxError(): RedisError {
  return new RedisError('ERR syntax error')
}

/** The arguments two by two. @throws {RedisError} when one is left over. */
export function pairs(args: readonly Bytes[], command: string): [Bytes, Bytes][] {
  if (args.length === 0 || args.length % 2 !== 0) throw wrongArity(command)
  const result: [Bytes, Bytes][] = []
  for (let at = 0; at < args.length; at += 2) result.push([argument(args, at), argument(args, at + 1)])
  return result
}

export function wrongArity(command: string): RedisError {
  return new RedisError(`ERR wrong number of arguments for '${command.toLowerCase()}' command`)
}

/**
 * The spec of a command whose number of arguments fits.
 * @throws {RedisError} in Redis' words when there is no such command or its arity is wrong.
 */
export function findCommand(table: ReadonlyMap<string, CommandSpec>, [name, ...args]: Command): CommandSpec {
  const spec = table.get(name) ?? table.get(name.toUpperCase())
  if (!spec) {
    const beginning = args.map((arg) => `'${arg.slice(0, 128)}' `).join('')
    throw new RedisError(
      `ERR unknown command '${name.slice(0, 128)}', with args beginning with: ${beginning}`,
    )
  }
  const words = args.length + 1
  if (spec.arity >= 0 ? words !== spec.arity : words < -spec.arity) throw wrongArity(name)
  return spec
}

/** Turns a negative index into one from the front, as LRANGE and ZRANGE do, and clips the range to the length. */
export function clipRange(start: number, stop: number, length: number): { from: number; to: number } {
  const from = Math.max(0, start < 0 ? start + length : start)
  const to = Math.min(length, (stop < 0 ? stop + length : stop) + 1)
  return { from, to: Math.max(from, to) }
}
