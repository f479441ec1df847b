import { createHash } from 'node:crypto'
import type { Bytes } from './bytes.ts'
import type { Command, Reply } from './reply.ts'
import { readScriptHeader } from './script-header.ts'

/** Beyond this many the oldest goes; its next EVALSHA answers NOSCRIPT, which every client follows with an EVAL. */
const MOST_ALIASES = 10_000

const SHA = /^[0-9a-f]{40}$/i

/**
 * Lets a plain Redis run scripts that were written for Upstash. Their first line is taken out on the way, which
 * changes the SHA: clients go on naming the script by the SHA of what they sent.
 */
export class ScriptAliases {
  /** SHA of the text as sent → SHA of the text that Redis has; only where they differ. */
  readonly #known = new Map<string, string>()

  /** The command as Redis shall see it. @throws {RedisError} for a script header that nobody understands. */
  translate(command: Command): Command {
    const [name, first, ...rest] = command
    const upper = name.toUpperCase()
    if (first === undefined) return command
    if (upper === 'EVAL' || upper === 'EVAL_RO') return [name, this.#plain(first), ...rest]
    if (upper === 'EVALSHA' || upper === 'EVALSHA_RO') return [name, this.#alias(first), ...rest]
    if (upper !== 'SCRIPT') return command
    const [text, ...others] = rest
    const word = first.toUpperCase()
    if (word === 'LOAD' && text !== undefined) return [name, first, this.#plain(text), ...others]
    if (word === 'EXISTS') return [name, first, ...rest.map((sha) => this.#alias(sha))]
    return command
  }

  /** What SCRIPT LOAD answers is the SHA by which the client knows the script. */
  translateReply([name, first, text]: Command, reply: Reply): Reply {
    const isLoad = name.toUpperCase() === 'SCRIPT' && first?.toUpperCase() === 'LOAD'
    if (!isLoad || text === undefined || typeof reply !== 'string' || !SHA.test(reply)) return reply
    return sha1(text)
  }

  #alias(sha: Bytes): Bytes {
    return this.#known.get(sha.toLowerCase()) ?? sha
  }

  #plain(text: Bytes): Bytes {
    const plain = readScriptHeader(text).text
    if (plain === text) return text
    this.#known.set(sha1(text), sha1(plain))
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST_ALIASES) break
      this.#known.delete(oldest)
    }
    return plain
  }
}

function sha1(text: Bytes): string {
  return createHash('sha1').update(text, 'latin1').digest('hex')
}
