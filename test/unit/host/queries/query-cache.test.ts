import { describe, expect, test } from 'vitest'
import { QueryCache, type TenantScope } from '../../../../src/host/queries/query-cache.ts'
import { Problem, type ProblemCode } from '../../../../src/problem.ts'
import type { CacheQuery } from '../../../../src/routes/bindings.ts'
import { FakeClock, settle } from '../../support/clock.ts'
import { problemOf } from '../../support/host.ts'

const TTL_MS = 300_000
const COMMAND_TIMEOUT_MS = 60_000

const LIMITS = {
  maxBytes: 10_000,
  maxEntries: 100,
  maxTotalBytes: 100_000,
  commandTimeoutMs: COMMAND_TIMEOUT_MS,
  onChange: () => {},
}

const scopeOf = (tenant: string, more: Partial<TenantScope> = {}): TenantScope => ({
  tenant,
  data: '0@',
  changedAt: 0,
  ttlMs: TTL_MS,
  ...more,
})

const queryOf = (key: string, more: Partial<CacheQuery> = {}): CacheQuery => ({
  resource: 'posts',
  key,
  fresh: false,
  ...more,
})

/** A cache before a database that answers with how often it was asked. */
function cached(limits: { maxBytes?: number; maxEntries?: number; maxTotalBytes?: number } = {}) {
  const clock = new FakeClock()
  const cache = new QueryCache({ ...LIMITS, ...limits, clock })
  let asked = 0
  async function read(scope: TenantScope, query: CacheQuery, bytes = 0) {
    const load = async () => new TextEncoder().encode(`${++asked}${' '.repeat(bytes)}`)
    const { body, outcome, ageMs } = await cache.read(scope, query, load)
    return `${outcome} ${new TextDecoder().decode(body).trim()} ${ageMs}`
  }
  return { cache, clock, read, times: () => asked }
}

/** A load that ends when and as the test says. */
function slow() {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  let begun = 0
  const load = () => {
    begun++
    return promise
  }
  return {
    load,
    times: () => begun,
    end: (text: string) => resolve(new TextEncoder().encode(text)),
    fail: (code: ProblemCode) => reject(new Problem(code)),
  }
}

const textOf = ({ body }: { body: Uint8Array }) => new TextDecoder().decode(body)

describe('an answer', () => {
  test('is read once and kept with its age, for as long as it is good and no longer', async () => {
    const { clock, read } = cached()
    const ask = () => read(scopeOf('a'), queryOf('list'))
    expect(await ask()).toBe('miss 1 0')
    await clock.advance(TTL_MS - 1)
    expect(await ask()).toBe(`hit 1 ${TTL_MS - 1}`)
    await clock.advance(2)
    expect(await ask()).toBe('miss 2 0')
  })

  test('ages from when its reading began, not from when it ended', async () => {
    const { cache, clock } = cached()
    const one = slow()
    const reading = cache.read(scopeOf('a'), queryOf('list'), one.load)
    await clock.advance(1_000)
    one.end('old')
    await reading
    const { outcome, ageMs } = await cache.read(scopeOf('a'), queryOf('list'), one.load)
    expect([outcome, ageMs]).toEqual(['hit', 1_000])
  })

  test('that was asked for afresh is read, and replaces the one that was kept', async () => {
    const { cache, read } = cached()
    expect(await read(scopeOf('a'), queryOf('list'))).toBe('miss 1 0')
    const { bytes } = cache.statistics()
    expect(await read(scopeOf('a'), queryOf('list', { fresh: true }))).toBe('bypass 2 0')
    expect(await read(scopeOf('a'), queryOf('list'))).toBe('hit 2 0')
    expect(cache.statistics()).toMatchObject({ entries: 1, bytes })
  })

  test('is never kept with a lifetime of 0', async () => {
    const { cache, read } = cached()
    for (const n of [1, 2]) {
      expect(await read(scopeOf('a', { ttlMs: 0 }), queryOf('list'))).toBe(`bypass ${n} 0`)
    }
    expect(cache.statistics()).toEqual({
      cache_hits: 0,
      cache_misses: 0,
      cache_bypasses: 2,
      entries: 0,
      bytes: 0,
    })
  })
})

describe('requests for the same', () => {
  test('that come while it is being read get that one reading', async () => {
    const { cache } = cached()
    const one = slow()
    const reads = [1, 2, 3].map(() => cache.read(scopeOf('a'), queryOf('list'), one.load))
    one.end('once')
    for (const read of reads) expect(await read).toMatchObject({ outcome: 'miss', ageMs: 0 })
    expect(one.times()).toBe(1)
    expect(cache.statistics()).toMatchObject({ cache_misses: 3, entries: 1 })
  })

  test('share a failure, which is not kept', async () => {
    const { cache, read } = cached()
    const one = slow()
    const reads = [1, 2].map(() => cache.read(scopeOf('a'), queryOf('list'), one.load))
    const problems = reads.map(problemOf)
    one.fail('database_unavailable')
    for (const problem of problems) expect((await problem).code).toBe('database_unavailable')
    expect(await read(scopeOf('a'), queryOf('list'))).toBe('miss 1 0')
  })

  test('go on when the one that reads goes away: one of them reads, the others wait for it', async () => {
    const { cache } = cached()
    const [gone, next] = [slow(), slow()]
    const first = problemOf(cache.read(scopeOf('a'), queryOf('list'), gone.load))
    const others = [1, 2, 3].map(() => cache.read(scopeOf('a'), queryOf('list'), next.load))
    gone.fail('client_closed_request')
    expect((await first).code).toBe('client_closed_request')
    next.end('there')
    expect((await Promise.all(others)).map(textOf)).toEqual(['there', 'there', 'there'])
    expect([gone.times(), next.times()]).toEqual([1, 1])
  })
})

describe('a write', () => {
  const nothing = async () => {}

  test('makes the answers of its resource out of date, and no others', async () => {
    const { cache, read } = cached()
    const asked = [queryOf('list'), queryOf('one'), queryOf('list', { resource: 'comments' })] as const
    for (const query of asked) await read(scopeOf('a'), query)
    await read(scopeOf('b'), asked[0])
    await cache.write(scopeOf('a'), 'posts', nothing)
    expect(await read(scopeOf('a'), asked[2])).toBe('hit 3 0')
    expect(await read(scopeOf('b'), asked[0])).toBe('hit 4 0')
    expect(await read(scopeOf('a'), asked[0])).toBe('miss 5 0')
    expect(await read(scopeOf('a'), asked[1])).toBe('miss 6 0')
  })

  test('is not undone by a reading that began before it and ends after it', async () => {
    const { cache } = cached()
    const [before, after] = [slow(), slow()]
    const early = cache.read(scopeOf('a'), queryOf('list'), before.load)
    await cache.write(scopeOf('a'), 'posts', nothing)
    const late = cache.read(scopeOf('a'), queryOf('list'), after.load)
    after.end('new')
    before.end('old')
    expect([textOf(await early), textOf(await late)]).toEqual(['old', 'new'])
    const { body, outcome } = await cache.read(scopeOf('a'), queryOf('list'), before.load)
    expect([outcome, textOf({ body })]).toEqual(['hit', 'new'])
  })

  test('lets nothing be kept while it is under way', async () => {
    const { cache, read } = cached()
    const { promise, resolve } = Promise.withResolvers<void>()
    const writes = [
      cache.write(scopeOf('a'), 'posts', () => promise),
      cache.write(scopeOf('a'), 'posts', nothing),
    ]
    await settle()
    expect(await read(scopeOf('a'), queryOf('list'))).toBe('miss 1 0')
    expect(await read(scopeOf('a'), queryOf('list'))).toBe('miss 2 0')
    resolve()
    await Promise.all(writes)
    expect(await read(scopeOf('a'), queryOf('list'))).toBe('miss 3 0')
    expect(await read(scopeOf('a'), queryOf('list'))).toBe('hit 3 0')
  })

  test.each<[ProblemCode]>([['connection_lost'], ['database_timeout']])(
    'that ended with %s may still be made: nothing is kept for as long as a statement runs',
    async (code) => {
      const { cache, clock, read } = cached()
      const write = cache.write(scopeOf('a'), 'posts', () => Promise.reject(new Problem(code)))
      expect((await problemOf(write)).code).toBe(code)
      expect(await read(scopeOf('a'), queryOf('list'))).toBe('miss 1 0')
      await clock.advance(COMMAND_TIMEOUT_MS - 1)
      expect(await read(scopeOf('a'), queryOf('list'))).toBe('miss 2 0')
      await clock.advance(1)
      expect(await read(scopeOf('a'), queryOf('list'))).toBe('miss 3 0')
      expect(await read(scopeOf('a'), queryOf('list'))).toBe('hit 3 0')
    },
  )

  test('that was refused leaves no doubt', async () => {
    const { cache, read } = cached()
    await problemOf(cache.write(scopeOf('a'), 'posts', () => Promise.reject(new Problem('pool_timeout'))))
    expect(await read(scopeOf('a'), queryOf('list'))).toBe('miss 1 0')
    expect(await read(scopeOf('a'), queryOf('list'))).toBe('hit 1 0')
  })

  test('counts for every life and database of its tenant', async () => {
    const { cache, read } = cached()
    const scopes = [scopeOf('a'), scopeOf('a', { data: '0@other' }), scopeOf('a', { data: '9@' })]
    for (const scope of scopes) expect(await read(scope, queryOf('list'))).toMatch(/^miss/)
    await cache.write(scopeOf('a'), 'posts', nothing)
    for (const scope of scopes) expect(await read(scope, queryOf('list'))).toMatch(/^miss/)
  })
})

describe('a tenant', () => {
  /** Ids, data, resources and keys that run into each other wherever they are joined without care. */
  const HOSTILE = [
    '',
    'a',
    'b',
    'a"',
    '","',
    'a","0@',
    '[',
    'a,0@',
    '__proto__',
    'constructor',
    '\\',
    'a\0',
    '🦀',
  ]

  test('never gets the answer of another, whatever its id and its keys', async () => {
    const { cache, read } = cached({ maxBytes: 1_000_000, maxEntries: 10_000, maxTotalBytes: 100_000_000 })
    const seen = new Map<string, string>()
    const all = HOSTILE.flatMap((tenant) =>
      HOSTILE.flatMap((data) => HOSTILE.map((key) => [tenant, data, key] as const)),
    )
    for (const [tenant, data, key] of all) {
      const answer = await read(scopeOf(tenant, { data }), queryOf(key))
      expect(answer).toMatch(/^miss/)
      seen.set(JSON.stringify([tenant, data, key]), answer.replace('miss', 'hit'))
    }
    for (const [tenant, data, key] of all) {
      const answer = await read(scopeOf(tenant, { data }), queryOf(key))
      expect(answer).toBe(seen.get(JSON.stringify([tenant, data, key])))
    }
    expect(cache.statistics().entries).toBe(HOSTILE.length ** 3)
  })

  test('keeps no more entries and bytes than it may; the least recently used go', async () => {
    const { cache, read } = cached({ maxEntries: 2 })
    await read(scopeOf('a'), queryOf('1'))
    await read(scopeOf('a'), queryOf('2'))
    await read(scopeOf('a'), queryOf('1'))
    await read(scopeOf('a'), queryOf('3'))
    expect(await read(scopeOf('a'), queryOf('1'))).toMatch(/^hit/)
    expect(await read(scopeOf('a'), queryOf('2'))).toMatch(/^miss/)
    expect(cache.statistics().entries).toBe(2)
  })

  test('keeps what fits into its bytes, and nothing that is larger by itself', async () => {
    const { cache, read } = cached({ maxBytes: 1_000 })
    for (const key of ['1', '2', '3', '4']) await read(scopeOf('a'), queryOf(key), 400)
    const { bytes, entries } = cache.statistics()
    expect(entries).toBe(2)
    expect(bytes).toBeLessThanOrEqual(1_000)
    await read(scopeOf('a'), queryOf('large'), 2_000)
    expect(cache.statistics()).toMatchObject({ bytes, entries })
  })

  test('that has not been here for longest makes room when all have too much together', async () => {
    const { cache, read } = cached({ maxBytes: 1_000, maxTotalBytes: 1_500 })
    for (const tenant of ['a', 'b', 'a', 'c']) await read(scopeOf(tenant), queryOf('list'), 500)
    expect(cache.statistics().bytes).toBeLessThanOrEqual(1_500)
    expect(await read(scopeOf('a'), queryOf('list'))).toMatch(/^hit/)
    expect(await read(scopeOf('c'), queryOf('list'))).toMatch(/^hit/)
    expect(await read(scopeOf('b'), queryOf('list'))).toMatch(/^miss/)
  })

  test('is one of two thousand at most, whatever they ask for', async () => {
    const { cache, read } = cached({ maxTotalBytes: 10_000_000 })
    for (let n = 0; n < 2_001; n++) await read(scopeOf(`t${n}`), queryOf('list'))
    expect(cache.statistics().entries).toBe(2_000)
    for (let n = 0; n < 2_000; n++) await read(scopeOf(`off${n}`, { ttlMs: 0 }), queryOf('list'))
    expect(cache.statistics()).toMatchObject({ entries: 0, bytes: 0 })
  })

  test('that is forgotten leaves nothing, not even what was being read', async () => {
    const { cache, read } = cached()
    const one = slow()
    await read(scopeOf('a'), queryOf('list'))
    const reading = cache.read(scopeOf('a'), queryOf('other'), one.load)
    cache.forget('a')
    one.end('late')
    await reading
    expect(cache.statistics()).toMatchObject({ entries: 0, bytes: 0 })
  })
})

describe('a change of the record, which may move the tenant', () => {
  test('ends what was kept before, and nothing is kept for the minute after', async () => {
    const { clock, read } = cached()
    await read(scopeOf('a'), queryOf('list'))
    const scope = scopeOf('a', { changedAt: clock.now() })
    expect(await read(scope, queryOf('list'))).toBe('bypass 2 0')
    await clock.advance(59_999)
    expect(await read(scope, queryOf('list'))).toBe('bypass 3 0')
    await clock.advance(1)
    expect(await read(scope, queryOf('list'))).toBe('miss 4 0')
    expect(await read(scope, queryOf('list'))).toBe('hit 4 0')
  })

  test('sends who has not heard of it past the cache', async () => {
    const { clock, read } = cached()
    const scope = scopeOf('a', { changedAt: clock.now() })
    await clock.advance(60_000)
    expect(await read(scope, queryOf('list'))).toBe('miss 1 0')
    expect(await read(scopeOf('a'), queryOf('list'))).toBe('bypass 2 0')
    expect(await read(scope, queryOf('list'))).toBe('hit 1 0')
  })

  test('leaves nothing old on either host once all have heard of it, also when it is taken back', async () => {
    const clock = new FakeClock()
    const hosts = { one: new QueryCache({ ...LIMITS, clock }), other: new QueryCache({ ...LIMITS, clock }) }
    let stored = 0
    const read = async (host: keyof typeof hosts, changedAt: number) => {
      const load = async () => new TextEncoder().encode(`${stored}`)
      return textOf(await hosts[host].read(scopeOf('a', { changedAt }), queryOf('list'), load))
    }
    const write = async (host: keyof typeof hosts, changedAt: number) => {
      await hosts[host].write({ tenant: 'a', changedAt }, 'posts', async () => void stored++)
    }
    await read('one', 0)
    const moved = clock.now()
    // Some isolates know of the move, and some do not for 30 s.
    expect(await read('other', moved)).toBe('0')
    await clock.advance(29_999)
    await write('one', 0)
    expect(await read('other', moved)).toBe('1')
    await clock.advance(60_000)
    await write('other', moved)
    expect(await read('other', moved)).toBe('2')
    const back = clock.now()
    expect(await read('one', back)).toBe('2')
    await clock.advance(29_999)
    await write('other', moved)
    expect(await read('one', back)).toBe('3')
  })
})
