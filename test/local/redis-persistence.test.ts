import { type ChildProcess, spawn } from 'node:child_process'
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findFreePort } from '../../dev/local/listen.ts'
import { isAlive } from '../../dev/local/processes.ts'
import { openEngine } from '../../dev/local/redis/memory/engine.ts'
import { Journal } from '../../dev/local/redis/memory/journal.ts'
import { addressOf, type Program, startProgram } from './support/program.ts'
import { BACKENDS, client, command, redisServer, stand, TOKEN } from './support/redis.ts'

let dir: string
const children: ChildProcess[] = []
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'redis-test-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(dir, { recursive: true, force: true })
})

/** A server in a process of its own that can be killed; `then` is the rest of its program. */
async function startProcess(backend: string, then = ''): Promise<Program & { url: string }> {
  const program = startProgram(`
    const { startRedis } = await import(${JSON.stringify(addressOf('dev/local/redis/server.ts'))})
    const server = await startRedis(${JSON.stringify({ token: TOKEN, dir, backend })})
    console.log(server.url)
    ${then}`)
  return { ...program, url: await program.line() }
}

describe.each(BACKENDS)('a directory of %s', (backend) => {
  test('keeps every kind of value, with its deadline, from one run to the next', async () => {
    {
      await using s = await stand({ backend, dir })
      await s.redis.set('text', 'ž\u0000x')
      await s.redis.set('timed', 'x', { ex: 1_000 })
      await s.redis.set('short', 'x', { px: 20 })
      await s.redis.hset('hash', { a: 1 })
      await s.redis.rpush('list', 'a', 'b')
      await s.redis.sadd('set', 'a')
      await command(s.server, 'ZADD', 'zset', 'inf', 'top', -1.5, 'low')
      await s.redis.set('deleted', 1)
      await s.redis.del('deleted')
    }
    await using s = await stand({ backend, dir })
    expect(s.server.backend).toBe(backend)
    expect(await s.redis.get('text')).toBe('ž\u0000x')
    expect(await s.redis.ttl('timed')).toBeGreaterThan(990)
    expect(await s.redis.hgetall('hash')).toEqual({ a: 1 })
    expect(await s.redis.lrange('list', 0, -1)).toEqual(['a', 'b'])
    expect(await s.redis.smembers('set')).toEqual(['a'])
    expect(await s.redis.zrange('zset', 0, -1)).toEqual(['low', 'top'])
    await expect.poll(() => s.redis.exists('short', 'deleted')).toBe(0)
  })

  test('survives kill -9, but for the last second, and is free at once', async () => {
    const program = await startProcess(backend)
    const redis = client({ url: program.url, token: TOKEN } as Parameters<typeof client>[0])
    await redis.set('before', 'x')
    const written = async () => {
      const files = await readdir(dir, { recursive: true, withFileTypes: true })
      const texts = files
        .filter((file) => file.isFile())
        .map((file) => readFile(join(file.parentPath, file.name), 'utf8'))
      return (await Promise.all(texts)).some((text) => text.includes('before'))
    }
    await expect.poll(written, { interval: 20 }).toBe(true)
    await redis.set('just now', 'x')
    await program.kill()
    await using s = await stand({ backend, dir })
    expect(await s.redis.get('before')).toBe('x')
  })

  test('is not for two at once: the second is told who has it', async () => {
    const program = await startProcess(backend)
    await expect(stand({ backend, dir })).rejects.toThrow(`in use by the process with pid ${program.pid}`)
    await program.kill()
    {
      await using s = await stand({ backend, dir })
      expect(await s.redis.ping()).toBe('PONG')
      await expect(stand({ backend, dir })).rejects.toThrow(`pid ${process.pid}`)
    }
    await using again = await stand({ backend, dir })
    expect(await again.redis.ping()).toBe('PONG')
  })

  test('leaves no lock behind when the server cannot start', async () => {
    await using other = await stand({ backend: 'memory' })
    await expect(stand({ backend, dir, port: other.server.port })).rejects.toThrow('EADDRINUSE')
    await using s = await stand({ backend, dir })
    expect(await s.redis.ping()).toBe('PONG')
  })
})

describe('the journal', () => {
  test('loses only the flush that a kill tore off', async () => {
    {
      await using s = await stand({ backend: 'memory', dir })
      await s.redis.set('whole', 1)
    }
    const file = join(dir, 'redis.jsonl')
    await appendFile(file, '[["torn",0,{"string":"x"}],["half')
    {
      await using s = await stand({ backend: 'memory', dir })
      expect(await s.redis.keys('*')).toEqual(['whole'])
      await s.redis.set('after', 1)
    }
    await using s = await stand({ backend: 'memory', dir })
    expect((await s.redis.keys('*')).sort()).toEqual(['after', 'whole'])
  })

  test('that is damaged or of another make is a clear error, and is left as it was', async () => {
    const file = join(dir, 'redis.jsonl')
    for (const text of ['{"format":"other"}\n', '{"format":"rockpool-redis","version":1}\n{broken\n[]\n']) {
      await writeFile(file, text)
      await expect(stand({ backend: 'memory', dir })).rejects.toThrow(file)
      expect(await readFile(file, 'utf8')).toBe(text)
    }
  })

  test('is rewritten when it has grown far beyond its content, with nothing lost', async () => {
    const engine = await openEngine()
    const journal = await Journal.open(dir, engine.keys)
    const large = 'x'.repeat(100_000)
    for (let turn = 0; turn < 60; turn++) {
      engine.execute(['SET', 'large', `${large}${turn}`])
      engine.execute(['HSETEX', 'hash', 'EX', '1000', 'FIELDS', '1', `f${turn}`, '\xff'])
      const flushing = journal.flush()
      engine.execute(['INCR', 'n'])
      await flushing
    }
    await journal.close()
    expect((await stat(join(dir, 'redis.jsonl'))).size).toBeLessThan(4.5 * 1024 * 1024)
    expect(await readdir(dir)).toEqual(['redis.jsonl'])
    const second = await openEngine()
    await (await Journal.open(dir, second.keys)).close()
    expect(second.execute(['GET', 'n'])).toBe('60')
    expect(second.execute(['GET', 'large'])).toBe(`${large}59`)
    expect(second.execute(['HLEN', 'hash'])).toBe(60)
    expect(second.execute(['HTTL', 'hash', 'FIELDS', '1', 'f0'])).toEqual([1_000])
    expect(second.execute(['HGET', 'hash', 'f59'])).toBe('\xff')
    engine.close()
    second.close()
  })
})

test.each(BACKENDS)('closing %s leaves nothing behind that keeps a process alive', async (backend) => {
  const program = await startProcess(backend, 'process.stdin.once("data", () => server.close())')
  expect((await fetch(`${program.url}/set/a/1?_token=${encodeURIComponent(TOKEN)}`)).status).toBe(200)
  program.say('close')
  program.end()
  expect(await program.ended).toEqual([0, null])
  expect(await readdir(dir)).not.toContain('lock.json')
})

describe.skipIf(!redisServer)('a redis-server of our own', () => {
  test('ends with us, even when we are killed', async () => {
    const program = await startProcess('server')
    const pid = Number(await readFile(join(dir, 'redis.pid'), 'utf8'))
    expect(isAlive(pid)).toBe(true)
    await program.kill()
    await expect.poll(() => isAlive(pid)).toBe(false)
  })

  test('that dies is told of, and requests fail instead of hanging', async () => {
    await using s = await stand({ backend: 'server', dir })
    process.kill(Number(await readFile(join(dir, 'redis.pid'), 'utf8')), 'SIGKILL')
    await expect.poll(() => s.log.join('\n')).toContain('has ended by itself')
    await expect(s.redis.ping()).rejects.toThrow(/ERR /)
    expect(s.log.join('\n')).toContain('a request failed')
  })

  test('is used by default, and a Redis at a URL before it', async () => {
    await using own = await stand({ backend: 'auto' })
    expect(own.server.backend).toBe('server')
    await expect(stand({ redisUrl: 'redis://127.0.0.1:1' })).rejects.toThrow(
      'cannot connect to Redis at 127.0.0.1:1',
    )
  })
})

describe.skipIf(!redisServer)('a Redis at a URL', () => {
  test('is used as it is, and is left running with its data', async () => {
    const port = await findFreePort()
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '']
    const child = spawn(redisServer ?? '', options, { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    for await (const chunk of child.stdout) if (/ready to accept/i.test(String(chunk))) break
    const redisUrl = `redis://127.0.0.1:${port}`
    {
      await using s = await stand({ redisUrl })
      expect(s.server.backend).toBe('url')
      await s.redis.set('a', 'x')
    }
    await using s = await stand({ redisUrl })
    expect(await s.redis.get('a')).toBe('x')
  })
})
