import { Redis } from '@upstash/redis'
import { describe, expect, test } from 'vitest'
import { Faults } from '../../dev/local/faults.ts'
import { BACKENDS, client, request, stand, TOKEN } from './support/redis.ts'

describe.each(BACKENDS)('faults in front of %s', (backend) => {
  test('a refusing server resets new connections, and serves again afterwards', async () => {
    const faults = new Faults()
    await using s = await stand({ backend, faults })
    faults.set({ refuse: true })
    await expect(s.redis.set('a', 1)).rejects.toThrow('fetch failed')
    faults.clear()
    expect(await s.redis.set('a', 1)).toBe('OK')
    // Over the connection that this one has left open, too.
    faults.set({ refuse: true })
    await expect(s.redis.get('a')).rejects.toThrow('fetch failed')
  })

  test('a black hole answers nobody until it is lifted, then everybody who still waits', async () => {
    const faults = new Faults()
    await using s = await stand({ backend, faults })
    await s.redis.ping()
    faults.set({ blackhole: true })
    const waiting = s.redis.incr('n')
    const impatient = fetch(`${s.server.url}/incr/given-up?_token=${encodeURIComponent(TOKEN)}`, {
      signal: AbortSignal.timeout(100),
    })
    await expect(impatient).rejects.toThrow('timeout')
    faults.set({ blackhole: false })
    expect(await waiting).toBe(1)
    // What had arrived is carried out, whether its sender still waits or not.
    await expect.poll(() => s.redis.get('given-up')).toBe(1)
  })

  test('latency comes before the answer', async () => {
    const faults = new Faults(() => 1)
    await using s = await stand({ backend, faults })
    faults.set({ delayMs: 100, jitterMs: 50 })
    const start = performance.now()
    await s.redis.ping()
    expect(performance.now() - start).toBeGreaterThanOrEqual(145)
  })

  test('a cut ends live connections; a client that retries gets through', async () => {
    const faults = new Faults()
    await using s = await stand({ backend, faults })
    faults.set({ delayMs: 60_000 })
    const cutOff = request(s.server, '/ping')
    // The request has arrived once the server has a connection for it.
    await new Promise((done) => setTimeout(done, 50))
    faults.clear()
    faults.cut()
    await expect(cutOff).rejects.toThrow('fetch failed')
    const patient = new Redis({ url: s.server.url, token: TOKEN, retry: { retries: 3, backoff: () => 10 } })
    await patient.set('a', 1)
    faults.cut()
    expect(await patient.get('a')).toBe(1)
  })

  test('an injected status answers everything and does no work', async () => {
    const faults = new Faults()
    await using s = await stand({ backend, faults })
    faults.set({ httpStatus: 503 })
    const response = await request(s.server, '/set/a/1')
    expect([response.status, await response.json()]).toEqual([503, { error: expect.stringContaining('503') }])
    await expect(client(s.server).set('a', 1)).rejects.toThrow('fault switch')
    faults.clear()
    expect(await s.redis.exists('a')).toBe(0)
  })

  test('broken JSON breaks off in its middle', async () => {
    const faults = new Faults()
    await using s = await stand({ backend, faults })
    faults.set({ badJson: true })
    const response = await request(s.server, '/ping')
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('{"result"')
    await expect(s.redis.ping()).rejects.toThrow(/JSON|parse/i)
  })

  test('slices change nothing, and a limit breaks the answer off', async () => {
    const faults = new Faults()
    await using s = await stand({ backend, faults })
    const value = 'päckchen'.repeat(100)
    faults.set({ sliceBytes: 7 })
    await s.redis.set('a', value)
    expect(await s.redis.get('a')).toBe(value)
    faults.set({ sliceBytes: 0, limitBytes: 40 })
    await expect(s.redis.get('a')).rejects.toThrow('terminated')
    expect(await s.redis.exists('a')).toBe(1)
  })

  test('closing in the middle of a black hole or a long delay leaves nobody waiting', async () => {
    for (const fault of [{ blackhole: true }, { delayMs: 600_000 }]) {
      const faults = new Faults()
      const s = await stand({ backend, faults })
      faults.set(fault)
      const waiting = s.redis.ping()
      waiting.catch(() => undefined)
      await new Promise((done) => setTimeout(done, 30))
      await s.server.close()
      await expect(waiting).rejects.toThrow('fetch failed')
    }
  })
})
