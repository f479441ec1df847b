import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { LARGEST_REQUEST_BYTES } from '../../dev/local/redis/rest-server.ts'
import { BACKENDS, client, command, request, stand, TOKEN } from './support/redis.ts'

const BINARY = Uint8Array.from({ length: 256 }, (_, at) => at)

describe.each(BACKENDS)('the REST protocol in front of %s', (backend) => {
  test('takes a command as a JSON array, whatever the types of its words', async () => {
    await using s = await stand({ backend })
    expect(await command(s.server, 'SET', 'foo', 'bar', 'EX', 100)).toEqual({ result: 'OK' })
    expect(await command(s.server, 'get', 'foo')).toEqual({ result: 'bar' })
    expect(await command(s.server, 'TTL', 'foo')).toEqual({ result: 100 })
    expect(await command(s.server, 'GET', 'nothing')).toEqual({ result: null })
    expect(await command(s.server, 'MGET', 'foo', 'nothing')).toEqual({ result: ['bar', null] })
    const body = '["SET","n",12345678901234567890]'
    expect(await (await request(s.server, '/', { body })).json()).toEqual({ result: 'OK' })
    expect(await command(s.server, 'GET', 'n')).toEqual({ result: '12345678901234567890' })
  })

  test('takes a command in the path, then its body, then its query', async () => {
    await using s = await stand({ backend })
    const get = async (path: string) => (await request(s.server, path)).json()
    expect(await get('/set/foo/bar')).toEqual({ result: 'OK' })
    expect(await get('/set/a%2Fb/x%20y%25/EX/100')).toEqual({ result: 'OK' })
    expect(await get('/get/a%2Fb')).toEqual({ result: 'x y%' })
    await request(s.server, '/set/body?EX=100&NX', { body: '{"json": true}' })
    expect(await get('/get/body')).toEqual({ result: '{"json": true}' })
    expect(await get('/ttl/body')).toEqual({ result: 100 })
    await request(s.server, '/set/put', { method: 'PUT', body: 'again' })
    expect(await get('/get/put')).toEqual({ result: 'again' })
    const head = await request(s.server, '/get/foo', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect(await get('/set/%C3%BC%F0%9F%8F%8A/%C5%BE')).toEqual({ result: 'OK' })
    expect(await s.redis.get('ü🏊')).toBe('ž')
  })

  test('lets in whoever has the token, by header or query, and nobody else', async () => {
    await using s = await stand({ backend })
    const ask = async (path: string, authorization?: string) => {
      const response = await fetch(
        `${s.server.url}${path}`,
        authorization ? { headers: { authorization } } : {},
      )
      return { status: response.status, body: await response.json() }
    }
    expect(await ask(`/ping?_token=${encodeURIComponent(TOKEN)}`)).toMatchObject({ status: 200 })
    expect(await ask('/ping', `bearer ${TOKEN}`)).toEqual({ status: 200, body: { result: 'PONG' } })
    const refused = {
      status: 401,
      body: { error: expect.stringContaining('WRONGPASS invalid or missing auth token') },
    }
    for (const header of [undefined, TOKEN, `Basic ${TOKEN}`, 'Bearer', `Bearer ${TOKEN}x`, 'Bearer wrong']) {
      expect(await ask('/ping', header)).toEqual(refused)
    }
    expect(await ask('/ping?_token=wrong')).toEqual(refused)
  })

  test('returns every byte that went in, and replaces only what is no text in a plain answer', async () => {
    await using s = await stand({ backend })
    await request(s.server, '/set/bin', { body: BINARY })
    const headers = { 'Upstash-Encoding': 'base64' }
    const { result } = (await (await request(s.server, '/get/bin', { headers })).json()) as { result: string }
    expect(Uint8Array.from(Buffer.from(result, 'base64'))).toEqual(BINARY)
    await request(s.server, '/set/half/%FFx')
    expect(await command(s.server, 'GET', 'half')).toEqual({ result: '\ufffdx' })
    for (const text of ['žluťoučký 🏊 \u0000 end', 'OK', '', ' ', 'say "so"', 'T0s=']) {
      await s.redis.set(`key ${text}`, text)
      expect(await s.redis.get(`key ${text}`)).toBe(text)
    }
    expect(await s.redis.strlen('key žluťoučký 🏊 \u0000 end')).toBe(24)
  })

  test('encodes everything but a bare OK in base64', async () => {
    await using s = await stand({ backend })
    const ask = async (body: unknown) => {
      const headers = { 'Upstash-Encoding': 'base64' }
      return (await request(s.server, '/', { body, headers })).json()
    }
    expect(await ask(['SET', 'k', 'OK'])).toEqual({ result: 'OK' })
    expect(await ask(['GET', 'k'])).toEqual({ result: 'T0s=' })
    expect(await ask(['PING'])).toEqual({ result: 'UE9ORw==' })
    expect(await ask(['MGET', 'k', 'none'])).toEqual({ result: ['T0s=', null] })
    expect(await ask(['STRLEN', 'k'])).toEqual({ result: 2 })
    expect(await ask(['GET'])).toEqual({ error: expect.stringMatching(/^ERR wrong number/) })
    expect(await ask(['EVAL', "return {'OK', {'OK', 'x'}, {ok='FINE'}}", 0])).toEqual({
      result: ['T0s=', ['T0s=', 'eA=='], 'RklORQ=='],
    })
    expect(await s.redis.eval("return {'OK', {'OK', 'x'}}", [], [])).toEqual(['OK', ['OK', 'x']])
  })

  test('answers a pipeline command by command, errors among results', async () => {
    await using s = await stand({ backend })
    const body = [
      ['SET', 'key1', 'x'],
      ['SETEX', 'key2', 13, 'z'],
      ['INCR', 'key1'],
      ['ZADD', 'set', 11, 'a', 22, 'b'],
      ['NOPE'],
    ]
    const response = await request(s.server, '/pipeline', { body })
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual([
      { result: 'OK' },
      { result: 'OK' },
      { error: 'ERR value is not an integer or out of range' },
      { result: 2 },
      { error: expect.stringMatching(/^ERR unknown command 'NOPE'/) },
    ])
    const pipeline = s.redis.pipeline().set('n', 1).incr('n').get('n')
    expect(await pipeline.exec()).toEqual(['OK', 2, 2])
  })

  test('runs a transaction whole: errors at run time do not stop it, mistakes discard it', async () => {
    await using s = await stand({ backend })
    const send = async (body: unknown) => {
      const response = await request(s.server, '/multi-exec', { body })
      return { status: response.status, body: await response.json() }
    }
    expect(
      await send([
        ['SET', 'a', 'x'],
        ['INCR', 'a'],
        ['APPEND', 'a', 'y'],
      ]),
    ).toEqual({
      status: 200,
      body: [{ result: 'OK' }, { error: 'ERR value is not an integer or out of range' }, { result: 2 }],
    })
    for (const bad of [['NOPE'], ['GET'], ['SUBSCRIBE', 'x']]) {
      expect(await send([['SET', 'a', 'changed'], bad])).toEqual({
        status: 400,
        body: { error: expect.any(String) },
      })
    }
    expect(await s.redis.get('a')).toBe('xy')
  })

  test('lets nothing in between the commands of a transaction', async () => {
    await using s = await stand({ backend })
    const others = client(s.server)
    const rounds = Array.from({ length: 100 }, async () => {
      const seen = await s.redis.multi().incr('n').get('n').incr('n').exec<[number, number, number]>()
      await others.incr('n')
      return seen
    })
    for (const [first, read, last] of await Promise.all(rounds))
      expect([read, last]).toEqual([first, first + 1])
    expect(await s.redis.get('n')).toBe(300)
  })

  test('says in a JSON error what is wrong with a request, and goes on', async () => {
    await using s = await stand({ backend })
    const send = async (path: string, body: unknown) => {
      const response = await request(s.server, path, { body })
      return [response.status, await response.json()]
    }
    const error = (text: RegExp) => [400, { error: expect.stringMatching(text) }]
    expect(await send('/', '{"not json')).toEqual(error(/not valid JSON/))
    expect(await send('/', '')).toEqual(error(/not valid JSON/))
    expect(await send('/', { SET: 'a' })).toEqual(error(/expected an array/))
    expect(await send('/', [])).toEqual(error(/empty command/))
    expect(await send('/', [['SET', 'a', 'b']])).toEqual(error(/word 0 is an array/))
    expect(await send('/', ['SET', 'a', null])).toEqual(error(/word 2 is null/))
    expect(await send('/', ['SET', 'a', { b: 1 }])).toEqual(error(/word 2 is an object/))
    expect(await send('/pipeline', ['SET', 'a', 'b'])).toEqual(error(/expected an array/))
    expect(await send('/pipeline', [])).toEqual(error(/empty pipeline/))
    expect(await send('/multi-exec', '7')).toEqual(error(/expected an array of commands/))
    expect(await send('/', ['BLPOP', 'a', 0])).toEqual(error(/Command is not available: 'BLPOP'/))
    expect(await send('/', ['FLY', 'a'])).toEqual(
      error(/^ERR unknown command 'FLY', with args beginning with: 'a'/),
    )
    expect((await request(s.server, '/')).status).toBe(400)
    expect((await request(s.server, '/ping', { method: 'DELETE' })).status).toBe(405)
    expect(await send('/', ['PING'])).toEqual([200, { result: 'PONG' }])
  })

  test('refuses a huge body without reading it, announced or not', async () => {
    await using s = await stand({ backend })
    const large = Buffer.alloc(LARGEST_REQUEST_BYTES - 100, 'x')
    expect(await (await request(s.server, '/set/large', { body: large })).json()).toEqual({ result: 'OK' })
    const refused = await new Promise<string>((done, fail) => {
      const socket = connect(s.server.port, '127.0.0.1')
      let text = ''
      socket.on('data', (data) => {
        text += data.toString()
      })
      socket.once('close', () => done(text))
      socket.once('error', fail)
      socket.write(`POST /set/huge HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n`)
      socket.write(`Content-Length: ${LARGEST_REQUEST_BYTES * 100}\r\n\r\nxxx`)
    })
    expect(refused).toMatch(/^HTTP\/1.1 400 .*max request size exceeded/s)
    const chunked = await fetch(`${s.server.url}/set/huge`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: new Blob([large, large]).stream(),
      duplex: 'half',
    } as RequestInit).then(
      (response) => response.status,
      () => 'reset',
    )
    expect([400, 'reset']).toContain(chunked)
    expect(await s.redis.exists('huge')).toBe(0)
  })

  test('answers in RESP2 when asked to', async () => {
    await using s = await stand({ backend })
    const ask = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
      const response = await request(s.server, path, {
        body,
        headers: { 'Upstash-Response-Format': 'resp2', ...headers },
      })
      return [response.status, response.headers.get('content-type'), await response.text()]
    }
    const octets = 'application/octet-stream'
    expect(await ask('/', ['SET', 'a', 'ž'])).toEqual([200, octets, '+OK\r\n'])
    expect(await ask('/', ['MGET', 'a', 'b'])).toEqual([200, octets, '*2\r\n$2\r\nž\r\n$-1\r\n'])
    expect(
      await ask('/pipeline', [
        ['STRLEN', 'a'],
        ['INCR', 'a'],
      ]),
    ).toEqual([200, octets, ':2\r\n-ERR value is not an integer or out of range\r\n'])
    expect((await ask('/multi-exec', [['PING']]))[0]).toBe(400)
    expect((await ask('/', ['PING'], { 'Upstash-Encoding': 'base64' }))[0]).toBe(400)
    expect((await ask('/', ['PING'], { 'Upstash-Response-Format': 'xml' }))[0]).toBe(400)
  })

  test('hands the sync token back', async () => {
    await using s = await stand({ backend })
    const fresh = (await request(s.server, '/ping')).headers.get('upstash-sync-token')
    expect(fresh).toBeTruthy()
    const headers = { 'upstash-sync-token': 'mine' }
    expect((await request(s.server, '/ping', { headers })).headers.get('upstash-sync-token')).toBe('mine')
  })

  test('works with the auto-pipelining that the client does by default', async () => {
    await using s = await stand({ backend })
    const { Redis } = await import('@upstash/redis')
    const redis = new Redis({ url: s.server.url, token: TOKEN })
    const sums = await Promise.all(Array.from({ length: 500 }, () => redis.incr('n')))
    expect(sums).toEqual(Array.from({ length: 500 }, (_, at) => at + 1))
  })
})

test('a path is taken word for word: dots and backslashes are keys, not directions', async () => {
  await using s = await stand({ backend: 'memory' })
  const answer = await new Promise<string>((done, fail) => {
    const socket = connect(s.server.port, '127.0.0.1')
    socket.on('data', (data) => done(data.toString()))
    socket.once('error', fail)
    socket.end(
      `GET /set/..\\a/./x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nConnection: close\r\n\r\n`,
    )
  })
  expect(answer).toContain('ERR syntax error')
  expect(await request(s.server, '/set/..%5Ca/y')).toMatchObject({ status: 200 })
  expect(await s.redis.get('..\\a')).toBe('y')
})

test('an empty token, which would let everybody in, is refused', async () => {
  await expect(stand({ token: '' })).rejects.toThrow('token')
})

test('a taken port is a clear error, and frees what was opened before it', async () => {
  await using s = await stand({ backend: 'memory' })
  await expect(stand({ backend: 'memory', port: s.server.port })).rejects.toThrow('EADDRINUSE')
})

test('closing ends every connection and may be repeated', async () => {
  const s = await stand({ backend: 'memory' })
  const socket = connect(s.server.port, '127.0.0.1')
  const closed = new Promise((done) => socket.once('close', done))
  await new Promise((done) => socket.once('connect', done))
  await Promise.all([s.server.close(), s.server.close(), closed])
  await expect(fetch(s.server.url)).rejects.toThrow()
})
