import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Backend } from '../../dev/local/redis/backend.ts'
import { openMemory } from '../../dev/local/redis/memory-backend.ts'
import { type Command, RedisError, type Reply, Status } from '../../dev/local/redis/reply.ts'
import { openServer } from '../../dev/local/redis/server-backend.ts'
import { type RedisProcess, startRedisProcess } from '../../dev/local/redis/server-process.ts'
import { redisServer } from './support/redis.ts'

/** Whose array answers have no order. */
const UNORDERED = /^(KEYS|SMEMBERS|SINTER|SUNION|SDIFF|HKEYS|HVALS)$/
const UNORDERED_PAIRS = /^HGETALL$/

const key = fc.constantFrom('a', 'b', 'c')
const word = fc.constantFrom('', '0', '1', '-3', '10', '3.5', 'x', 'y', '\xff\x00z')
const index = fc.integer({ min: -4, max: 4 }).map(String)
// 2^62: two of them overflow, while the real one's 80-bit floats still hold them exactly with a fraction of a half.
const delta = fc.constantFrom(
  '1',
  '-1',
  '2.5',
  '4611686018427387904',
  '-4611686018427387904',
  'x',
  '007',
  '1e3',
)
const smallDelta = fc.constantFrom('1', '-1', '2.5', 'x', '1e3', '-0.5', '.5', 'inf')
const field = fc.constantFrom('f', 'g', 'h')
const score = fc.constantFrom('1', '2', '-1.5', '3', 'inf', '-inf', '1e2', 'x')
const scoreEnd = fc.constantFrom('-inf', '+inf', '1', '(1', '2', '(2.5', '(x')
const lexEnd = fc.constantFrom('-', '+', '[1', '(x', '[x', 'x')
const glob = fc.constantFrom('*', 'a*', '?', '[ab]', '[^a]', '[a-b', '\\a', '**b', '')
const count = fc.constantFrom('0', '1', '2', '-1')
const end = fc.constantFrom('LEFT', 'RIGHT', 'middle')
const maybe = (...words: string[]) => fc.subarray(words)
const several = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 3 })

type Part = fc.Arbitrary<string | readonly string[]>

/** A command of a fixed name whose parts are words or lists of words. */
function shape(name: string, ...parts: Part[]): fc.Arbitrary<Command> {
  return fc.tuple(...parts).map((found): Command => [name, ...found.flat()])
}

const pair = (...parts: fc.Arbitrary<string>[]): Part =>
  several(fc.tuple(...parts)).map((pairs) => pairs.flat())

const anyCommand = fc.oneof(
  shape('SET', key, word, maybe('NX', 'XX', 'GET', 'KEEPTTL')),
  shape(
    'SET',
    key,
    word,
    fc.constantFrom(['EX', '100'], ['PX', '0'], ['EXAT', '4000000000'], ['EX'], ['PXAT', 'x']),
  ),
  shape('GET', key),
  shape('SETNX', key, word),
  shape('GETSET', key, word),
  shape('GETDEL', key),
  shape('GETEX', key, fc.constantFrom([], ['EX', '100'], ['PERSIST'], ['EX'], ['NX'])),
  shape('MGET', several(key)),
  shape('MSET', pair(key, word)),
  shape('MSETNX', pair(key, word)),
  shape('APPEND', key, word),
  shape('STRLEN', key),
  shape('INCR', key),
  shape('INCRBY', key, delta),
  shape('DECRBY', key, delta),
  shape('INCRBYFLOAT', key, smallDelta),
  shape('GETRANGE', key, index, index),
  shape('SETRANGE', key, index, word),
  shape('DEL', several(key)),
  shape('EXISTS', several(key)),
  shape('TYPE', key),
  shape('KEYS', glob),
  shape('RENAME', key, key),
  shape('RENAMENX', key, key),
  shape('COPY', key, key, maybe('REPLACE')),
  shape('EXPIRE', key, fc.constantFrom('100', '0', '-5', 'x'), maybe('NX', 'XX', 'GT', 'LT')),
  shape('PERSIST', key),
  shape('TTL', key),
  shape('DBSIZE'),
  shape('HSET', key, pair(field, word)),
  shape('HSETNX', key, field, word),
  shape('HGET', key, field),
  shape('HMGET', key, several(field)),
  shape('HGETALL', key),
  shape('HKEYS', key),
  shape('HVALS', key),
  shape('HDEL', key, several(field)),
  shape('HLEN', key),
  shape('HEXISTS', key, field),
  shape('HSTRLEN', key, field),
  shape('HINCRBY', key, field, delta),
  shape('HINCRBYFLOAT', key, field, smallDelta),
  shape('LPUSH', key, several(word)),
  shape('RPUSH', key, several(word)),
  shape('RPUSHX', key, word),
  shape('LPOP', key, maybe('2')),
  shape('RPOP', key, maybe('2')),
  shape('LLEN', key),
  shape('LRANGE', key, index, index),
  shape('LINDEX', key, index),
  shape('LSET', key, index, word),
  shape('LREM', key, index, word),
  shape('LTRIM', key, index, index),
  shape('LINSERT', key, fc.constantFrom('BEFORE', 'after', 'x'), word, word),
  shape(
    'LPOS',
    key,
    word,
    fc.constantFrom([], ['RANK', '-1'], ['COUNT', '0'], ['RANK', '0'], ['MAXLEN', '2']),
  ),
  shape('LMOVE', key, key, end, end),
  shape('RPOPLPUSH', key, key),
  shape('SADD', key, several(word)),
  shape('SREM', key, several(word)),
  shape('SISMEMBER', key, word),
  shape('SMISMEMBER', key, several(word)),
  shape('SMEMBERS', key),
  shape('SCARD', key),
  shape('SMOVE', key, key, word),
  shape('SINTER', several(key)),
  shape('SUNION', several(key)),
  shape('SDIFF', several(key)),
  shape('SINTERSTORE', key, several(key)),
  shape('SUNIONSTORE', key, several(key)),
  shape('SDIFFSTORE', key, several(key)),
  shape('SINTERCARD', fc.constantFrom('1', '2', '0', '5'), several(key), fc.constantFrom([], ['LIMIT', '1'])),
  shape('ZADD', key, maybe('NX', 'XX', 'GT', 'LT', 'CH', 'INCR'), pair(score, field)),
  shape('ZINCRBY', key, score, field),
  shape('ZREM', key, several(field)),
  shape('ZCARD', key),
  shape('ZSCORE', key, field),
  shape('ZMSCORE', key, several(field)),
  shape('ZRANK', key, field),
  shape('ZREVRANK', key, field),
  shape('ZCOUNT', key, scoreEnd, scoreEnd),
  // Members of one score: among different ones an order by bytes means nothing.
  shape('ZADD', fc.constant('lex'), pair(fc.constant('0'), word)),
  shape('ZRANGE', fc.constant('lex'), lexEnd, lexEnd, fc.constant('BYLEX'), maybe('REV')),
  shape('ZREMRANGEBYLEX', fc.constant('lex'), lexEnd, lexEnd),
  shape('ZLEXCOUNT', fc.constant('lex'), lexEnd, lexEnd),
  shape('ZRANGE', key, index, index, maybe('REV', 'WITHSCORES')),
  shape('ZRANGE', key, scoreEnd, scoreEnd, fc.constant('BYSCORE'), maybe('REV', 'WITHSCORES')),
  shape('ZRANGEBYSCORE', key, scoreEnd, scoreEnd, fc.constant('LIMIT'), count, count),
  shape('ZREVRANGEBYSCORE', key, scoreEnd, scoreEnd, maybe('WITHSCORES')),
  shape('ZREVRANGE', key, index, index, maybe('WITHSCORES')),
  shape('ZREMRANGEBYRANK', key, index, index),
  shape('ZREMRANGEBYSCORE', key, scoreEnd, scoreEnd),
  shape('ZPOPMIN', key, maybe('2')),
  shape('ZPOPMAX', key, maybe('2')),
  shape('NOSUCH', word),
  shape('GET', several(key)),
  shape(
    'EVAL',
    fc.constant('return {redis.pcall(KEYS[2], KEYS[1]), tonumber(ARGV[1]), #ARGV}'),
    fc.constant('2'),
    key,
    fc.constantFrom('INCR', 'GET', 'LPOP', 'HGETALL', 'TYPE'),
    word,
  ),
)

/** A reply as data that can be compared: without an order where there is none. */
function shown(command: Command, reply: Reply): unknown {
  // Which of several mistakes is named first is nobody's contract.
  if (reply instanceof RedisError) return 'an error'
  if (reply instanceof Status) return { status: reply.text }
  // The client reads large integers inexactly.
  if (typeof reply === 'bigint') return 'a large integer'
  if (typeof reply === 'number' && !Number.isSafeInteger(reply)) return 'a large integer'
  if (!Array.isArray(reply)) return reply
  const items = reply.map((item) => shown(['ARRAY'], item))
  if (UNORDERED.test(command[0])) return items.map(String).sort()
  if (!UNORDERED_PAIRS.test(command[0])) return items
  return items.map((item, at) => (at % 2 ? `${items[at - 1]}=${item}` : '')).sort()
}

describe.skipIf(!redisServer)('the memory engine beside a real redis-server', () => {
  let memory: Backend
  let server: Backend
  let redis: RedisProcess
  beforeAll(async () => {
    memory = await openMemory({ log: console.error })
    redis = await startRedisProcess(redisServer ?? '', undefined, console.error)
    server = await openServer({
      kind: 'server',
      address: { socketPath: redis.socketPath },
      log: console.error,
    })
  })
  afterAll(async () => {
    await memory.close()
    await server.close()
    await redis.stop()
  })

  test('answers any run of commands as the real one does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyCommand, { minLength: 1, maxLength: 25 }), async (commands) => {
        const all: Command[] = [['FLUSHALL'], ...commands]
        const [mine, theirs] = await Promise.all(
          [memory, server].map((backend) => Promise.all(all.map((one) => backend.run(one)))),
        )
        expect(all.map((one, at) => [one, shown(one, mine?.[at] ?? null)])).toEqual(
          all.map((one, at) => [one, shown(one, theirs?.[at] ?? null)]),
        )
      }),
      { numRuns: Number(process.env.RUNS ?? 400) },
    )
  })
})
