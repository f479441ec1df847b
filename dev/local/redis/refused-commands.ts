import { type Command, RedisError } from './reply.ts'

/**
 * Commands that need a connection of one's own, or reach beyond the data. Upstash's REST face has none of them
 * (https://upstash.com/docs/redis/overall/rediscompatibility), and on the one connection that we have to a real
 * Redis they would hold up or change everybody's.
 */
const REFUSED = new Set(
  `ASKING AUTH BGREWRITEAOF BGSAVE BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN CLIENT CLUSTER CONFIG
  DEBUG DISCARD EXEC FAILOVER HELLO LATENCY MIGRATE MODULE MONITOR MULTI PSUBSCRIBE PSYNC PUNSUBSCRIBE QUIT READONLY
  READWRITE REPLCONF REPLICAOF RESET SAVE SELECT SHUTDOWN SLAVEOF SLOWLOG SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE SWAPDB SYNC
  UNSUBSCRIBE UNWATCH WAIT WAITAOF WATCH`.split(/\s+/),
)

/** Why a command cannot be had over REST, or undefined when it can. */
export function refusal([name, ...args]: Command): RedisError | undefined {
  const upper = name.toUpperCase()
  const isBlockingRead =
    upper.startsWith('XREAD') && args.some((word, at) => at < 6 && word.toUpperCase() === 'BLOCK')
  if (!REFUSED.has(upper) && !isBlockingRead) return undefined
  return new RedisError(
    `ERR Command is not available: '${upper}'. See https://upstash.com/docs/redis/overall/rediscompatibility`,
  )
}
