import { createHash } from 'node:crypto'
import type { Bytes } from '../bytes.ts'
import { OK, RedisError, type Reply } from '../reply.ts'
import { readScriptHeader } from '../script-header.ts'
import { argument } from './command.ts'
import type { Compiled, LuaMachine } from './lua-machine.ts'
import { integer } from './numbers.ts'

/**
 * Beyond this many the script that was not used for longest goes: whoever builds script texts out of values would
 * otherwise fill the memory. The next EVALSHA of it answers NOSCRIPT, which every client follows with an EVAL.
 */
const MOST_SCRIPTS = 1_000

const KNOWN_FLAGS = ['no-writes', 'allow-oom', 'allow-stale', 'no-cluster', 'allow-cross-slot-keys']

interface Script {
  readonly compiled: Compiled
  readonly isReadOnly: boolean
}

/** The SHA-1 by which EVALSHA names a script: of the text as the client sent it. */
function scriptSha(text: Bytes): string {
  return createHash('sha1').update(text, 'latin1').digest('hex')
}

/** EVAL, EVALSHA, their _RO forms, and SCRIPT. */
export class Scripts {
  readonly #machine: LuaMachine
  /** By SHA, the longest unused first. */
  readonly #bySha = new Map<string, Script>()

  constructor(machine: LuaMachine) {
    this.#machine = machine
  }

  /**
   * Runs `EVAL[SHA][_RO]` with its arguments.
   * @param setReadOnly told whether the script may write, before it runs.
   */
  evaluate(name: string, args: readonly Bytes[], setReadOnly: (isReadOnly: boolean) => void): Reply {
    const body = argument(args, 0)
    const keyCount = integer(argument(args, 1))
    if (keyCount < 0) throw new RedisError("ERR Number of keys can't be negative")
    if (keyCount > args.length - 2) {
      throw new RedisError("ERR Number of keys can't be greater than number of args")
    }
    const script = name.startsWith('EVALSHA') ? this.#find(body) : this.#load(body).script
    setReadOnly(script.isReadOnly || name.endsWith('_RO'))
    return this.#machine.run(script.compiled, args.slice(2, 2 + keyCount), args.slice(2 + keyCount))
  }

  /** SCRIPT LOAD, EXISTS and FLUSH. */
  manage(args: readonly Bytes[]): Reply {
    const word = argument(args, 0).toUpperCase()
    const rest = args.slice(1)
    if (word === 'LOAD' && rest.length === 1) return this.#load(argument(rest, 0)).sha
    if (word === 'EXISTS' && rest.length > 0)
      return rest.map((sha) => (this.#bySha.has(sha.toLowerCase()) ? 1 : 0))
    if (word === 'FLUSH' && rest.length < 2) {
      for (const { compiled } of this.#bySha.values()) this.#machine.forget(compiled)
      this.#bySha.clear()
      return OK
    }
    throw new RedisError(`ERR unknown subcommand or wrong number of arguments for '${argument(args, 0)}'`)
  }

  #load(text: Bytes): { sha: string; script: Script } {
    const sha = scriptSha(text)
    const known = this.#bySha.get(sha)
    if (known) return { sha, script: known }
    const header = readScriptHeader(text)
    const unknown = header.flags.find((flag) => !KNOWN_FLAGS.includes(flag))
    if (unknown !== undefined) throw new RedisError(`ERR Unexpected flag in script shebang: ${unknown}`)
    const lines = header.text.startsWith('#!') ? header.text.replace(/^[^\n]*/, '') : header.text
    const script = { compiled: this.#machine.compile(lines), isReadOnly: header.flags.includes('no-writes') }
    this.#bySha.set(sha, script)
    this.#shrink()
    return { sha, script }
  }

  #find(sha: Bytes): Script {
    const key = sha.toLowerCase()
    const script = this.#bySha.get(key)
    if (!script) throw new RedisError('NOSCRIPT No matching script. Please use EVAL.')
    this.#bySha.delete(key)
    this.#bySha.set(key, script)
    return script
  }

  #shrink(): void {
    for (const [sha, { compiled }] of this.#bySha) {
      if (this.#bySha.size <= MOST_SCRIPTS) return
      this.#bySha.delete(sha)
      this.#machine.forget(compiled)
    }
  }
}
