import type { Command, RedisError, Reply } from './reply.ts'

/** Where the data is: a Redis that the user runs, a redis-server that we run, or this process. */
export type BackendKind = 'url' | 'server' | 'memory'

/** A Redis behind the REST face. Whoever opened it closes it. */
export interface Backend {
  readonly kind: BackendKind
  /** Runs one command. Calls made in one tick run in their order. Rejects only when the Redis cannot be reached. */
  run(command: Command): Promise<Reply>
  /** Runs all commands with nothing in between, or none of them: then the one error says why. */
  transaction(commands: readonly Command[]): Promise<readonly Reply[] | RedisError>
  /** Idempotent. */
  close(): Promise<void>
}

/** Why a transaction was thrown away, in the words of Redis' EXECABORT followed by the first cause. */
export function discarded(cause: string): string {
  return `EXECABORT Transaction discarded because of previous errors: ${cause}`
}
