import type { Bytes } from './bytes.ts'
import { RedisError } from './reply.ts'

/** A Lua script without the part of its first line that only Upstash understands. */
interface ScriptHeader {
  /** What a plain Redis accepts. Line numbers stay as they were. */
  readonly text: Bytes
  /** The flags other than `allow-key-locking`. */
  readonly flags: readonly string[]
}

/** Lets Upstash lock by key where Redis locks the whole engine; plain Redis refuses a flag that it does not know. */
const UPSTASH_FLAG = 'allow-key-locking'

/**
 * Reads a first line such as `#!lua flags=no-writes,allow-key-locking`
 * (https://redis.io/docs/latest/develop/programmability/eval-intro/, "Script flags").
 * @throws {RedisError} for another engine than Lua or an option that is not `flags`.
 */
export function readScriptHeader(script: Bytes): ScriptHeader {
  if (!script.startsWith('#!')) return { text: script, flags: [] }
  const end = script.indexOf('\n')
  const line = end === -1 ? script : script.slice(0, end)
  const rest = end === -1 ? '' : script.slice(end)
  const [engine, ...options] = line.slice(2).trim().split(/\s+/)
  if (engine !== 'lua') throw new RedisError(`ERR Could not find scripting engine '${engine ?? ''}'`)
  const flags = options.flatMap((option) => {
    if (!option.startsWith('flags=')) throw new RedisError(`ERR Unknown lua shebang option: ${option}`)
    return option.slice('flags='.length).split(',').filter(Boolean)
  })
  const kept = flags.filter((flag) => flag !== UPSTASH_FLAG)
  return { text: kept.length > 0 ? `#!lua flags=${kept.join(',')}${rest}` : rest, flags: kept }
}
