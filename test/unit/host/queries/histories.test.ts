import fc from 'fast-check'
import { expect, test } from 'vitest'
import { QueryCache } from '../../../../src/host/queries/query-cache.ts'
import { Problem } from '../../../../src/problem.ts'
import { FakeClock, settle } from '../../support/clock.ts'

const tenant = fc.constantFrom('a', 'b')
const resource = fc.constantFrom('posts', 'comments')
const index = fc.nat({ max: 9 })
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      tenant,
      resource,
      key: fc.constantFrom('list', 'one'),
      fresh: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('write' as const), tenant, resource }) },
  // A reading looks at the database, then its answer is under way; a write is made, then its end is told.
  { weight: 5, arbitrary: fc.record({ do: fc.constant('look' as const), index }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      index,
      fails: fc.constantFrom(false, false, false, true),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('commit' as const), index }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      index,
      fails: fc.constantFrom(false, false, false, false, true),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 30_000, 400_000) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), tenant }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** A reading or a write under way in the database. */
interface Operation {
  readonly row: string
  /** What it saw or wrote; `undefined` before. */
  version: number | undefined
  readonly end: PromiseWithResolvers<Uint8Array>
}

/** A database with one version per tenant and resource, which grows with every write, behind a cache. */
class World {
  readonly clock = new FakeClock()
  readonly cache = new QueryCache({
    clock: this.clock,
    maxBytes: 200,
    maxEntries: 2,
    maxTotalBytes: 300,
    commandTimeoutMs: 60_000,
    onChange: () => {},
  })
  /** What a request that begins now may not be older than, and what the database has. */
  readonly #acknowledged = new Map<string, number>()
  readonly #stored = new Map<string, number>()
  readonly #reads: Operation[] = []
  readonly #writes: Operation[] = []
  readonly endings: Promise<void>[] = []
  hits = 0

  run(now: Step): void {
    switch (now.do) {
      case 'read':
        this.endings.push(this.#read(now))
        break
      case 'write':
        this.endings.push(this.#write(now.tenant, now.resource))
        break
      case 'look':
        this.#look(this.#reads[now.index % Math.max(1, this.#reads.length)])
        break
      case 'answer':
        this.#answer(now.index, now.fails)
        break
      case 'commit':
        this.#commit(this.#writes[now.index % Math.max(1, this.#writes.length)])
        break
      case 'end':
        this.#end(now.index, now.fails)
        break
      case 'forget':
        this.cache.forget(now.tenant)
    }
  }

  /** Lets everything end that is under way. */
  async finish(): Promise<void> {
    while (this.#reads.length + this.#writes.length > 0) {
      if (this.#reads.length > 0) this.#answer(0, false)
      if (this.#writes.length > 0) this.#end(0, false)
      await settle()
    }
    await Promise.all(this.endings)
  }

  async #read({ tenant, resource, key, fresh }: Step & { do: 'read' }): Promise<void> {
    const row = `${tenant} ${resource}`
    const least = this.#acknowledged.get(row) ?? 0
    const load = () => {
      const operation: Operation = { row, version: undefined, end: Promise.withResolvers() }
      this.#reads.push(operation)
      return operation.end.promise
    }
    const scope = { tenant, data: '', changedAt: 0, ttlMs: 300_000 }
    try {
      const { body, outcome } = await this.cache.read(scope, { resource, key, fresh }, load)
      const [whose, version] = JSON.parse(new TextDecoder().decode(body)) as [string, number]
      expect(whose).toBe(row)
      expect(version).toBeGreaterThanOrEqual(least)
      if (outcome === 'hit') this.hits++
    } catch (error) {
      if (!(error instanceof Problem)) throw error
    }
  }

  async #write(tenant: string, resource: string): Promise<void> {
    const operation: Operation = {
      row: `${tenant} ${resource}`,
      version: undefined,
      end: Promise.withResolvers(),
    }
    this.#writes.push(operation)
    try {
      await this.cache.write({ tenant, changedAt: 0 }, resource, () => operation.end.promise)
      this.#acknowledged.set(
        operation.row,
        Math.max(operation.version ?? 0, this.#acknowledged.get(operation.row) ?? 0),
      )
    } catch (error) {
      if (!(error instanceof Problem)) throw error
    }
  }

  #look(read: Operation | undefined): void {
    if (read) read.version ??= this.#stored.get(read.row) ?? 0
  }

  #answer(at: number, fails: boolean): void {
    const [read] = this.#reads.splice(at % Math.max(1, this.#reads.length), 1)
    if (!read) return
    this.#look(read)
    const text = JSON.stringify([read.row, read.version])
    if (fails) read.end.reject(new Problem('client_closed_request'))
    else read.end.resolve(new TextEncoder().encode(text))
  }

  #commit(write: Operation | undefined): void {
    if (!write || write.version !== undefined) return
    write.version = (this.#stored.get(write.row) ?? 0) + 1
    this.#stored.set(write.row, write.version)
  }

  #end(at: number, fails: boolean): void {
    const [write] = this.#writes.splice(at % Math.max(1, this.#writes.length), 1)
    if (!write) return
    // Who hears nothing of a write that was made was not told that it was.
    if (!fails) this.#commit(write)
    if (fails) write.end.reject(new Problem('database_timeout'))
    else write.end.resolve(new Uint8Array())
  }
}

test('in no history is a request answered from before a write that was acknowledged when it began', async () => {
  let hits = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const world = new World()
      for (const now of steps) {
        if (now.do === 'wait') await world.clock.advance(now.ms)
        else world.run(now)
        await settle()
        const { bytes, entries } = world.cache.statistics()
        expect(bytes).toBeLessThanOrEqual(300)
        expect(entries).toBeLessThanOrEqual(4)
      }
      await world.finish()
      hits += world.hits
    }),
    { numRuns: 500 },
  )
  // Histories in which nothing is ever found kept would prove nothing.
  expect(hits).toBeGreaterThan(100)
})
