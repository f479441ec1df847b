import { describe, expect, test } from 'vitest'
import { openEngine } from '../../dev/local/redis/memory/engine.ts'
import { BACKENDS, command, stand } from './support/redis.ts'

describe.each(BACKENDS)('@upstash/redis in front of %s', (backend) => {
  test('SET takes all its options', async () => {
    await using s = await stand({ backend })
    const { redis } = s
    expect(await redis.set('a', 1, { xx: true })).toBeNull()
    expect(await redis.set('a', 1, { nx: true, ex: 100 })).toBe('OK')
    expect(await redis.set('a', 2, { nx: true })).toBeNull()
    expect(await redis.set('a', 2, { get: true, keepTtl: true })).toBe(1)
    expect(await redis.ttl('a')).toBe(100)
    expect(await redis.set('a', 3, { px: 5_000 })).toBe('OK')
    expect(await redis.pttl('a')).toBeGreaterThan(4_000)
    const at = Math.floor(Date.now() / 1000) + 50
    await redis.set('a', 4, { exat: at })
    expect(await command(s.server, 'EXPIRETIME', 'a')).toEqual({ result: at })
    await redis.set('a', 5, { pxat: at * 1000 })
    expect(await redis.ttl('a')).toBeGreaterThan(45)
    await redis.set('a', 6)
    expect(await redis.ttl('a')).toBe(-1)
    await expect(redis.set('a', 7, { ex: 0 })).rejects.toThrow("invalid expire time in 'set' command")
  })

  test('a key is gone when its time has come', async () => {
    await using s = await stand({ backend })
    const { redis } = s
    await redis.set('short', 'x', { px: 1_000 })
    await redis.set('long', 'x', { ex: 100 })
    await redis.hset('hash', { f: 1 })
    await redis.pexpire('hash', 1_000)
    expect(await redis.exists('short', 'hash', 'long')).toBe(3)
    await expect.poll(() => redis.exists('short', 'hash'), { interval: 10 }).toBe(0)
    expect(await redis.get('short')).toBeNull()
    expect(await redis.ttl('short')).toBe(-2)
    expect(await redis.keys('*')).toEqual(['long'])
    await redis.expire('long', -1)
    expect(await redis.dbsize()).toBe(0)
  })

  test('EXPIRE obeys its conditions', async () => {
    await using s = await stand({ backend })
    const { redis } = s
    await redis.set('a', 'x')
    expect(await redis.expire('a', 100, 'XX')).toBe(0)
    expect(await redis.expire('a', 100, 'GT')).toBe(0)
    expect(await redis.expire('a', 100, 'NX')).toBe(1)
    expect(await redis.expire('a', 50, 'GT')).toBe(0)
    expect(await redis.expire('a', 50, 'LT')).toBe(1)
    expect(await redis.persist('a')).toBe(1)
    expect(await redis.persist('a')).toBe(0)
    expect(await redis.expire('none', 1)).toBe(0)
  })

  test('SCAN finds every key of 10,000 once while others come and go', async () => {
    await using s = await stand({ backend })
    const { redis } = s
    const names = Array.from({ length: 10_000 }, (_, at) => `stay:${at}`)
    await redis.mset(Object.fromEntries(names.map((name) => [name, 1])))
    const found = new Map<string, number>()
    let cursor = '0'
    let turn = 0
    do {
      const [next, keys] = await redis.scan(cursor, { count: 500, match: 'stay:*' })
      for (const key of keys) found.set(key, (found.get(key) ?? 0) + 1)
      cursor = next
      await redis
        .pipeline()
        .set(`come:${turn}`, 1)
        .del(`come:${turn - 1}`)
        .exec()
      turn++
    } while (cursor !== '0')
    expect(found.size).toBe(10_000)
    // Redis may show a key twice while its table grows; here it is at most a few.
    expect([...found.values()].filter((times) => times > 1).length).toBeLessThan(100)
    expect((await redis.scan(0, { count: 20_000, type: 'hash' }))[1]).toEqual([])
    await expect(redis.scan('x')).rejects.toThrow('invalid cursor')
  }, 20_000)

  test('hashes, lists, sets and sorted sets do their work', async () => {
    await using s = await stand({ backend })
    const { redis } = s
    await redis.hset('h', { a: 1, b: { c: 2 } })
    expect(await redis.hgetall('h')).toEqual({ a: 1, b: { c: 2 } })
    expect(await redis.hincrby('h', 'a', 5)).toBe(6)
    expect(await redis.hmget('h', 'a', 'none')).toEqual({ a: 6, none: null })
    expect(await redis.hscan('h', 0)).toEqual(['0', ['a', 6, 'b', { c: 2 }]])
    await redis.rpush('l', 'a', 'b', 'c')
    await redis.lpush('l', 'z', 'y')
    expect(await redis.lrange('l', 0, -1)).toEqual(['y', 'z', 'a', 'b', 'c'])
    expect(await redis.lmove('l', 'm', 'right', 'left')).toBe('c')
    await redis.sadd('s', 'a', 'b', 'c')
    await redis.sadd('t', 'b', 'd')
    expect(await redis.sinter('s', 't')).toEqual(['b'])
    expect(await redis.smismember('s', ['a', 'd'])).toEqual([1, 0])
    expect(['a', 'b', 'c']).toContain(await redis.srandmember('s'))
    expect(await redis.spop('s', 5)).toHaveLength(3)
    expect(await redis.exists('s')).toBe(0)
    await redis.zadd(
      'z',
      { score: 1, member: 'one' },
      { score: 2, member: 'two' },
      { score: 2.5, member: 'more' },
    )
    expect(await redis.zrange('z', 2, '+inf', { byScore: true, withScores: true })).toEqual([
      'two',
      2,
      'more',
      2.5,
    ])
    expect(await redis.zrange('z', 0, 0, { rev: true })).toEqual(['more'])
    expect(await redis.zincrby('z', 10, 'one')).toBe(11)
    expect(await redis.zrank('z', 'one')).toBe(2)
    expect(await redis.zpopmin('z')).toEqual(['two', 2])
    expect(await redis.type('z')).toBe('zset')
    await expect(redis.get('z')).rejects.toThrow('WRONGTYPE')
  })

  test('errors read as they do in Redis', async () => {
    await using s = await stand({ backend })
    await s.redis.pipeline().set('text', 'x').rpush('list', 'x').hset('hash', { f: 'x' }).exec()
    const error = async (...words: (string | number)[]) =>
      ((await command(s.server, ...words)) as { error?: string }).error
    expect(await error('INCR', 'text')).toBe('ERR value is not an integer or out of range')
    expect(await error('INCRBYFLOAT', 'text', 1)).toBe('ERR value is not a valid float')
    expect(await error('HINCRBY', 'hash', 'f', 1)).toBe('ERR hash value is not an integer')
    expect(await error('HINCRBYFLOAT', 'hash', 'f', 1)).toBe('ERR hash value is not a float')
    expect(await error('LSET', 'list', 5, 'x')).toBe('ERR index out of range')
    expect(await error('LSET', 'none', 0, 'x')).toBe('ERR no such key')
    expect(await error('RENAME', 'none', 'x')).toBe('ERR no such key')
    expect(await error('SET', 'a', 'b', 'NX', 'XX')).toBe('ERR syntax error')
    expect(await error('GET')).toBe("ERR wrong number of arguments for 'get' command")
    expect(await error('HSET', 'hash', 'f')).toBe("ERR wrong number of arguments for 'hset' command")
    expect(await error('LPUSH', 'text', 'x')).toBe(
      'WRONGTYPE Operation against a key holding the wrong kind of value',
    )
    expect(await error('ZADD', 'z', 'x', 'm')).toBe('ERR value is not a valid float')
    expect(await error('ZADD', 'z', 'NX', 'XX', 1, 'm')).toBe(
      'ERR XX and NX options at the same time are not compatible',
    )
    expect(await error('ZRANGE', 'z', '(x', 1, 'BYSCORE')).toBe('ERR min or max is not a float')
    expect(await error('EXPIRE', 'text', 1, 'NX', 'GT')).toBe(
      'ERR NX and XX, GT or LT options at the same time are not compatible',
    )
    expect(await error('SINTERCARD', 5, 'a')).toBe("ERR Number of keys can't be greater than number of args")
    expect(await error('SETRANGE', 'text', -1, 'x')).toBe('ERR offset is out of range')
    expect(await s.redis.exists('a', 'z')).toBe(0)
  })
})

describe('hash fields with a deadline, which a redis-server has from version 7.4 or 8 on', () => {
  test('are set, read, kept and dropped field by field', async () => {
    await using s = await stand({ backend: 'memory' })
    const { redis } = s
    expect(await redis.hsetex('h', { expiration: { ex: 100 } }, { a: 1, b: 2 })).toBe(1)
    expect(await redis.hsetex('h', { conditional: 'FNX' }, { a: 3 })).toBe(0)
    expect(await redis.httl('h', ['a', 'none'])).toEqual([100, -2])
    expect(await redis.hset('h', { c: 3 })).toBe(1)
    expect(await redis.hexpire('h', 'c', 50)).toEqual([1])
    expect(await redis.hexpire('h', 'c', 60, 'LT')).toEqual([0])
    expect(await redis.hpersist('h', ['c', 'a'])).toEqual([1, 1])
    expect(await redis.httl('h', 'a')).toEqual([-1])
    expect(await command(s.server, 'HGETEX', 'h', 'PX', 5_000, 'FIELDS', 2, 'a', 'none')).toEqual({
      result: ['1', null],
    })
    expect(await command(s.server, 'HPTTL', 'h', 'FIELDS', 1, 'a')).toEqual({ result: [expect.any(Number)] })
    expect(await command(s.server, 'HGETDEL', 'h', 'FIELDS', 1, 'a')).toEqual({ result: ['1'] })
    expect(await redis.hset('h', { b: 5 })).toBe(0)
    expect(await redis.httl('h', 'b')).toEqual([-1])
    expect(await redis.hexpire('h', ['b', 'c'], 0)).toEqual([2, 2])
    expect(await redis.exists('h')).toBe(0)
    expect(await command(s.server, 'HEXPIRE', 'h', 1, 'FIELDS', 2, 'a')).toEqual({
      error: expect.stringContaining('numfields'),
    })
  })

  test('leave with their time, and the hash with its last field', async () => {
    let now = 1_000_000
    const engine = await openEngine({ clock: () => now })
    engine.execute(['HSETEX', 'h', 'PX', '100', 'FIELDS', '1', 'f', 'x'])
    engine.execute(['HSET', 'h', 'g', 'y'])
    expect(engine.execute(['HGETALL', 'h'])).toEqual(['f', 'x', 'g', 'y'])
    now += 100
    expect(engine.execute(['HGETALL', 'h'])).toEqual(['g', 'y'])
    engine.execute(['HPEXPIRE', 'h', '100', 'FIELDS', '1', 'g'])
    now += 100
    engine.tick()
    engine.keys.sweep()
    expect(engine.keys.size).toBe(0)
    engine.close()
  })
})

describe('the memory of the engine', () => {
  test('is free of what has expired, though nobody asks for it again', async () => {
    let now = 1_000_000
    const engine = await openEngine({ clock: () => now })
    for (let at = 0; at < 20_000; at++) {
      engine.execute(['SET', `k${at}`, 'x', 'PX', at % 2 ? '100' : '1000000'])
    }
    engine.execute(['SET', 'for ever', 'x'])
    now += 200
    engine.tick()
    for (let sweep = 0; sweep < 12; sweep++) engine.keys.sweep()
    expect(engine.keys.size).toBe(10_001)
    // Not by the look of it alone: the expired half is gone while time stands still in the past.
    engine.keys.now = 1_000_000
    expect([...engine.keys.live()]).toHaveLength(10_001)
    engine.close()
  })

  test('does not grow with keys that come and go', async () => {
    const engine = await openEngine()
    for (let at = 0; at < 10_000; at++) {
      engine.execute(['SET', `k${at}`, 'x'])
      engine.execute(['DEL', `k${at}`])
    }
    // A full step over everything kept, the dead included, is bounded.
    expect(engine.keys.scan(0, 1_000)).toEqual({ cursor: 0, entries: [] })
    expect(engine.keys.size).toBe(0)
    engine.close()
  })
})
