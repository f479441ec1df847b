import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { LuaMachine } from '../../dev/local/redis/memory/lua-machine.ts'
import { openLuaState } from '../../dev/local/redis/memory/lua-state.ts'
import { BACKENDS, command, stand } from './support/redis.ts'

const HEADER = '#!lua flags=allow-key-locking\n'
const sha = (text: string) => createHash('sha1').update(text).digest('hex')

describe.each(BACKENDS)('scripts in front of %s', (backend) => {
  test('are known by the SHA of the text that the client sent', async () => {
    await using s = await stand({ backend })
    const text = `${HEADER}return redis.call('INCRBY', KEYS[1], ARGV[1])`
    expect(await command(s.server, 'EVALSHA', sha(text), 1, 'n', 2)).toEqual({
      error: expect.stringMatching(/^NOSCRIPT/),
    })
    expect(await s.redis.eval(text, ['n'], ['2'])).toBe(2)
    expect(await s.redis.evalsha(sha(text), ['n'], ['3'])).toBe(5)
    expect(await s.redis.evalsha(sha(text).toUpperCase(), ['n'], ['1'])).toBe(6)
    expect(await s.redis.scriptExists(sha(text), sha('other'))).toEqual([1, 0])
    const loaded = await s.redis.scriptLoad(`${HEADER}return 7`)
    expect(loaded).toBe(sha(`${HEADER}return 7`))
    expect(await s.redis.evalsha(loaded, [], [])).toBe(7)
    await s.redis.scriptFlush()
    await expect(s.redis.evalsha(loaded, [], [])).rejects.toThrow('NOSCRIPT')
  })

  test('may be used in pipelines and transactions', async () => {
    await using s = await stand({ backend })
    const text = `${HEADER}return redis.call('INCR', KEYS[1])`
    expect(await s.redis.pipeline().eval(text, ['n'], []).evalsha(sha(text), ['n'], []).exec()).toEqual([
      1, 2,
    ])
    expect(await s.redis.multi().evalsha(sha(text), ['n'], []).get('n').exec()).toEqual([3, 3])
  })

  test('are atomic under concurrency', async () => {
    await using s = await stand({ backend })
    const text =
      "local n = tonumber(redis.call('GET', KEYS[1]) or '0') redis.call('SET', KEYS[1], n + 1) return n"
    const seen = await Promise.all(Array.from({ length: 200 }, () => s.redis.eval(text, ['n'], [])))
    expect(new Set(seen).size).toBe(200)
  })

  test('see nothing as false, statuses and errors as tables, and return what Redis returns', async () => {
    await using s = await stand({ backend })
    const run = async (text: string, ...args: string[]) => command(s.server, 'EVAL', text, 0, ...args)
    expect(await run("return redis.call('GET', 'none') == false")).toEqual({ result: 1 })
    expect(await run("return redis.call('HMGET', 'none', 'a')[1] == false")).toEqual({ result: 1 })
    expect(await run("return redis.call('SET', 'a', 'x').ok")).toEqual({ result: 'OK' })
    expect(await run("return redis.pcall('INCR', 'a').err")).toEqual({
      result: expect.stringMatching(/^ERR value is not an integer/),
    })
    expect(await run("return redis.call('INCR', 'a')")).toEqual({
      error: expect.stringMatching(/^ERR value is not an integer/),
    })
    expect(await run("return {1, 2.9, -2.9, 'x', true, {3}, false, 4, nil, 5}")).toEqual({
      result: [1, 2, -2, 'x', 1, [3], null, 4],
    })
    expect(await run("return {ok = 'FINE'}")).toEqual({ result: 'FINE' })
    expect(await run("return redis.error_reply('MY mistake')")).toEqual({ error: 'MY mistake' })
    expect(await run("return redis.status_reply('DONE')")).toEqual({ result: 'DONE' })
    expect(await run('return #ARGV[1]', 'žž')).toEqual({ result: 4 })
    expect(await run("redis.call('SET', 'b', '\\0\\255') return redis.call('STRLEN', 'b')")).toEqual({
      result: 2,
    })
    expect(await run("return redis.sha1hex('')")).toEqual({ result: sha('') })
    expect(await run("redis.log(redis.LOG_NOTICE, 'seen') return redis.call('TIME')[1] + 0 > 1e9")).toEqual({
      result: 1,
    })
  })

  test('count as Lua 5.1 does, beyond 32 bits and without a trailing .0', async () => {
    await using s = await stand({ backend })
    const run = async (text: string, ...args: string[]) => command(s.server, 'EVAL', text, 0, ...args)
    expect(await run('return ARGV[1] * 2 + 1000', '1209600000')).toEqual({ result: 2419201000 })
    expect(await run("return 'n' .. 10 / 2 .. ' ' .. 2 ^ 53")).toEqual({ result: 'n5 9.007199254741e+15' })
    expect(
      await run(
        "redis.call('SET', 'f', 0.1) redis.call('SET', 't', 1700000000123) return redis.call('MGET', 'f', 't')",
      ),
    ).toEqual({ result: ['0.10000000000000001', '1700000000123'] })
    expect(await run('return {unpack(ARGV)}', 'a', 'b')).toEqual({ result: ['a', 'b'] })
  })

  test('have cjson', async () => {
    await using s = await stand({ backend })
    const run = async (text: string, ...args: string[]) => command(s.server, 'EVAL', text, 0, ...args)
    const json = '{"a":[1,2,{"b":"ž"}],"n":null,"t":true,"e":{}}'
    const round = await run('return cjson.encode(cjson.decode(ARGV[1]))', json)
    expect(JSON.parse((round as { result: string }).result)).toEqual(JSON.parse(json))
    expect(await run('return cjson.decode(ARGV[1]).n == cjson.null', json)).toEqual({ result: 1 })
    expect(await run('return pcall(cjson.decode, "{")')).toEqual({ result: null })
    expect(await run('return cjson.decode("{")')).toEqual({ error: expect.stringMatching(/^ERR/) })
  })

  test('cannot leave globals behind or reach the machine', async () => {
    await using s = await stand({ backend })
    const run = async (text: string) => command(s.server, 'EVAL', text, 0)
    expect(await run('leak = 1')).toEqual({ error: expect.any(String) })
    expect(await run('return leak')).toEqual({ error: expect.stringContaining('leak') })
    for (const name of [
      'io.open',
      'os.execute',
      'os.getenv',
      'require',
      'dofile',
      'loadfile',
      'package.path',
    ]) {
      expect(await run(`return tostring(${name})`)).not.toEqual({
        result: expect.stringContaining('function'),
      })
    }
  })

  test('say what is wrong with them', async () => {
    await using s = await stand({ backend })
    const run = async (...words: (string | number)[]) => command(s.server, ...words)
    const error = (text: RegExp) => ({ error: expect.stringMatching(text) })
    expect(await run('EVAL', 'return (', 0)).toEqual(error(/^ERR Error compiling script .*user_script:1/))
    expect(await run('EVAL', 'local x = nil\nreturn x.y', 0)).toEqual(
      error(/^ERR user_script:2: attempt to index/),
    )
    expect(await run('EVAL', "error('mine')", 0)).toEqual(error(/mine/))
    expect(await run('EVAL', "return redis.call('NOPE')", 0)).toEqual(
      error(/^ERR Unknown Redis command|^ERR unknown command/),
    )
    expect(await run('EVAL', "return redis.call('GET')", 0)).toEqual(error(/^ERR [Ww]rong number of arg/))
    expect(await run('EVAL', 'return redis.call()', 0)).toEqual(
      error(/^ERR Please specify at least one argument/),
    )
    expect(await run('EVAL', "return redis.call('GET', {})", 0)).toEqual(error(/must be strings or integers/))
    expect(await run('EVAL', "return redis.call('EVAL', 'return 1', 0)", 0)).toEqual(error(/^ERR/))
    expect(await run('EVAL', 'return 1', 2, 'a')).toEqual(error(/^ERR Number of keys can't be greater/))
    expect(await run('EVAL', 'return 1', -1)).toEqual(error(/^ERR Number of keys can't be negative/))
    expect(await run('EVAL', '#!python\nreturn 1', 0)).toEqual(error(/^ERR .*python/))
    expect(await run('EVAL', '#!lua flags=no-such-flag\nreturn 1', 0)).toEqual(error(/^ERR Unexpected flag/))
  })

  test('that may only read cannot write', async () => {
    await using s = await stand({ backend })
    await s.redis.set('a', 'x')
    expect(await s.redis.evalRo("return redis.call('GET', KEYS[1])", ['a'], [])).toBe('x')
    const write = "return redis.call('DEL', KEYS[1])"
    await expect(s.redis.evalRo(write, ['a'], [])).rejects.toThrow(/Write commands are not allowed/)
    await expect(s.redis.eval(`#!lua flags=no-writes\n${write}`, ['a'], [])).rejects.toThrow(
      /Write commands are not/,
    )
    expect(await s.redis.eval(write, ['a'], [])).toBe(1)
  })
})

test('a script that would never end is stopped, even if it catches errors, and the engine goes on', async () => {
  // A clock that runs ahead with every look: the limit is reached after a few of them.
  let now = 0
  const machine = new LuaMachine(
    await openLuaState(),
    { call: () => null, log: () => undefined },
    () => (now += 1_000),
  )
  for (const text of ['while true do end', 'while true do pcall(function() while true do end end) end']) {
    expect(machine.run(machine.compile(text), [], [])).toMatchObject({
      message: expect.stringContaining('it ran for more than 5000 ms'),
    })
  }
  expect(machine.run(machine.compile('return 1'), [], [])).toBe(1)
  machine.close()
})
