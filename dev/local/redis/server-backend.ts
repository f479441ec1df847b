import { createClient, ErrorReply, RESP_TYPES } from '@redis/client'
import { type Backend, type BackendKind, discarded } from './backend.ts'
import { type Command, RedisError, type Reply, Status } from './reply.ts'
import { ScriptAliases } from './script-aliases.ts'

const CONNECT_TIMEOUT_MS = 5_000
const LONGEST_RECONNECT_WAIT_MS = 1_000

interface ServerOptions {
  readonly kind: Exclude<BackendKind, 'memory'>
  /** Where to connect: redis[s]://…, or the path of a unix socket. */
  readonly address: { readonly url: string } | { readonly socketPath: string }
  readonly log: (line: string) => void
}

/** What the client gives back with bulk strings as buffers: then simple strings are the only strings. */
type Raw = null | number | string | Buffer | ErrorReply | Raw[]

/**
 * Connects to a real Redis over one connection, on which commands are pipelined. A connection that breaks is made
 * anew; what was under way on it fails.
 * @throws {Error} when the first connection cannot be made.
 */
export async function openServer({ kind, address, log }: ServerOptions): Promise<Backend> {
  let hasConnected = false
  const reconnect = {
    connectTimeout: CONNECT_TIMEOUT_MS,
    // The first failure is the caller's to hear of; later ones are waited out.
    reconnectStrategy: (retries: number, cause: Error) =>
      hasConnected ? Math.min(50 * 2 ** Math.min(retries, 10), LONGEST_RECONNECT_WAIT_MS) : cause,
  }
  const client = createClient({
    RESP: 2,
    // Fail at once instead of keeping commands for a Redis that is away: a half-sent transaction must not resume.
    disableOfflineQueue: true,
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
    ...('url' in address
      ? { url: address.url, socket: reconnect }
      : { socket: { ...reconnect, path: address.socketPath, tls: false } }),
  })
  // One line for each loss, not one for each attempt to come back.
  let isLost = false
  client.on('ready', () => {
    isLost = false
  })
  client.on('error', (error: unknown) => {
    if (hasConnected && !isLost) log(`the connection to Redis was lost: ${String(error)}`)
    isLost = true
  })
  try {
    await client.connect()
  } catch (error) {
    throw new Error(`cannot connect to Redis at ${describe(address)}`, { cause: error })
  }
  hasConnected = true
  const aliases = new ScriptAliases()

  async function send(command: readonly string[]): Promise<Reply> {
    try {
      const words = command.map((word) => Buffer.from(word, 'latin1'))
      return replyOf((await client.sendCommand(words)) as unknown as Raw)
    } catch (error) {
      if (error instanceof ErrorReply) return new RedisError(error.message)
      throw error
    }
  }

  async function run(command: Command): Promise<Reply> {
    return aliases.translateReply(command, await send(aliases.translate(command)))
  }

  async function transaction(commands: readonly Command[]): Promise<readonly Reply[] | RedisError> {
    const plain = commands.map((command) => aliases.translate(command))
    // Sent in one tick, so that nothing gets in between on the connection.
    const answers = await Promise.all([['MULTI'], ...plain, ['EXEC']].map(send))
    const end = answers.pop()
    if (Array.isArray(end)) {
      return commands.map((command, at) => aliases.translateReply(command, end[at] ?? null))
    }
    const cause = answers.find((answer) => answer instanceof RedisError) ?? end
    return new RedisError(discarded(cause instanceof RedisError ? cause.message : 'no reply to EXEC'))
  }

  let closing: Promise<void> | undefined
  return {
    kind,
    run,
    transaction,
    close() {
      closing ??= (async () => client.destroy())()
      return closing
    },
  }
}

function replyOf(raw: Raw): Reply {
  if (Buffer.isBuffer(raw)) return raw.toString('latin1')
  if (typeof raw === 'string') return new Status(raw)
  if (raw instanceof ErrorReply) return new RedisError(raw.message)
  return Array.isArray(raw) ? raw.map(replyOf) : raw
}

/** Without the password. */
function describe(address: ServerOptions['address']): string {
  return 'url' in address ? new URL(address.url).host : address.socketPath
}
