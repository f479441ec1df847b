import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { usageOf } from '../../dev/bench/process-usage.ts'
import { type Bundled, startBundled } from '../support/bundled.ts'

const PASSWORD = 'correct horse battery'

let worker: Bundled

beforeAll(async () => {
  worker = await startBundled({
    TENANT_SOURCES: 'header',
    ENROLLMENT: 'open',
    REGISTRATION: 'open',
    RATE_LIMIT_ADDRESS: '100000',
    // A limiter's call that is skipped is a 503.
    RATE_LIMIT_FAILURE: 'closed',
    TIERS: JSON.stringify({ free: { rate_limit: 1_000_000 } }),
  })
})

afterAll(() => worker[Symbol.asyncDispose]())

/** A sign-in from an address of its own. */
async function signIn(
  action: 'login' | 'register',
  tenant: string,
  email: string,
  password = PASSWORD,
  address = newAddress(),
) {
  const answer = await fetch(`${worker.url}/api/v1/auth/${action}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'cf-connecting-ip': address },
    body: JSON.stringify({ tenant, email, password }),
  })
  const body = (await answer.json()) as { code?: string }
  return { status: answer.status, code: body.code, retryAfter: answer.headers.get('retry-after') }
}

/** Begins where the next minute falls into one window of the accounts' limit: where one ends, a part is forgotten. */
async function withinAccountWindow(): Promise<void> {
  const left = 900_000 - (Date.now() % 900_000)
  if (left < 60_000) await setTimeout(left + 50)
}

let addresses = 0
const newAddress = () => `10.1.${Math.floor(addresses / 250)}.${1 + (addresses++ % 250)}`

/** How long each of a tenant's requests took, ms, one after the other while `during` runs. */
async function latencies(tenant: string, during: Promise<unknown>): Promise<number[]> {
  let isOver = false
  void during.then(() => {
    isOver = true
  })
  const took: number[] = []
  while (!isOver) {
    const started = performance.now()
    const answer = await fetch(`${worker.url}/api/posts?limit=1`, { headers: { 'x-user-id': tenant } })
    await answer.arrayBuffer()
    expect(answer.status).toBe(200)
    took.push(performance.now() - started)
    await setTimeout(5)
  }
  return took
}

const p99 = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0

describe('sign-in', () => {
  it('takes ten right ones of one account at once', async () => {
    expect((await signIn('register', 'ten', 'ada@acme.test')).status).toBe(201)
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => signIn('login', 'ten', 'ada@acme.test')),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200))
  })

  it('refuses more than 16 at once, at once, and says when to come again', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => signIn('login', 'many', `nobody-${n}@acme.test`)),
    )
    const refused = answers.filter(({ status }) => status === 429)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(16)
    expect(refused).toHaveLength(24)
    expect(new Set(refused.map(({ code, retryAfter }) => `${code} ${retryAfter}`))).toEqual(
      new Set(['sign_in_busy 5']),
    )
  })

  it('leaves other tenants what they have: their time, their limits, and the way in for new ones', async () => {
    await fetch(`${worker.url}/api/posts`, { headers: { 'x-user-id': 'other' } })
    const alone = p99(await latencies('other', setTimeout(4_000)))
    const signIns = Promise.all(
      Array.from({ length: 16 }, (_, n) => signIn('login', 'sixteen', `nobody-${n}@acme.test`)),
    )
    const newcomers = Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        await setTimeout(100 * n)
        return (await fetch(`${worker.url}/api/posts`, { headers: { 'x-user-id': `newcomer-${n}` } })).status
      }),
    )
    const beside = p99(await latencies('other', signIns))
    expect((await signIns).map(({ status }) => status)).toEqual(Array.from({ length: 16 }, () => 401))
    expect(new Set(await newcomers)).toEqual(new Set([200]))
    console.info(
      `p99 of another tenant: ${Math.round(alone)} ms alone, ${Math.round(beside)} ms beside 16 sign-ins`,
    )
    // No request waits for more than one hash, whatever it takes on this machine, and another one's turn.
    expect(beside).toBeLessThan(alone + 3 * (await hashMs()))
    expect(worker.log()).not.toContain('limiter.down')
    expect(worker.log()).not.toContain('directory.failed')
  })

  it('has one hash under way, whatever the account, and leaves the thread for as long as that took', async () => {
    const cpuMs = async () => 1_000 * ((await usageOf(worker.pid ?? 0))?.cpuSeconds ?? Number.NaN)
    await signIn('login', 'share', 'nobody@acme.test')
    const before = { at: performance.now(), cpu: await cpuMs() }
    // Of 16 accounts, and so at several of the objects, which have one thread here.
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, n) => signIn('login', 'share', `nobody-${n}@acme.test`)),
    )
    const took = performance.now() - before.at
    const computed = (await cpuMs()) - before.cpu
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 16 }, () => 401))
    console.info(
      `16 sign-ins: ${Math.round(took)} ms in all, of which the process computed ${Math.round(computed)} ms`,
    )
    expect(computed).toBeGreaterThan(16 * 50)
    // Half of the time would be the hashes alone. A machine that is busy elsewhere makes the share smaller, never larger.
    expect(computed / took).toBeLessThan(0.75)
  })

  it('goes on at once for others when clients hang up in the middle of their hashes', async () => {
    expect((await signIn('register', 'hangs-up', 'ada@acme.test')).status).toBe(201)
    const started = performance.now()
    await signIn('login', 'hangs-up', 'ada@acme.test')
    const alone = performance.now() - started
    for (let n = 0; n < 8; n++) {
      const hangsUp = new AbortController()
      const left = fetch(`${worker.url}/api/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'cf-connecting-ip': newAddress() },
        body: JSON.stringify({ tenant: 'hangs-up', email: `nobody-${n}@acme.test`, password: PASSWORD }),
        signal: hangsUp.signal,
      }).catch(() => {})
      await setTimeout((alone * n) / 8)
      hangsUp.abort()
      await left
    }
    const again = performance.now()
    expect((await signIn('login', 'hangs-up', 'ada@acme.test')).status).toBe(200)
    // At most the hashes that the others left behind, each with its rest, and none of them for ever.
    expect(performance.now() - again).toBeLessThan(20 * alone)
  })

  it('counts wrong passwords alone, and all of them, however many come at once', async () => {
    await withinAccountWindow()
    expect((await signIn('register', 'wrong', 'eve@acme.test')).status).toBe(201)
    const right = await Promise.all(
      Array.from({ length: 16 }, () => signIn('login', 'wrong', 'eve@acme.test')),
    )
    expect(right.map(({ status }) => status)).toEqual(Array.from({ length: 16 }, () => 200))
    const wrong = [
      ...(await Promise.all(
        Array.from({ length: 8 }, () => signIn('login', 'wrong', 'eve@acme.test', 'wrong horse')),
      )),
      ...(await Promise.all(
        Array.from({ length: 8 }, () => signIn('login', 'wrong', 'eve@acme.test', 'wrong horse')),
      )),
    ]
    expect(wrong.filter(({ code }) => code === 'invalid_credentials')).toHaveLength(10)
    expect(wrong.filter(({ code }) => code === 'too_many_attempts')).toHaveLength(6)
    expect(await signIn('login', 'wrong', 'eve@acme.test')).toMatchObject({
      status: 429,
      code: 'too_many_attempts',
    })
  })

  it.each([
    ['Postgres', 'postgres', 'globex'],
    ['MongoDB', 'mongo', 'user_a'],
    ['Redis', 'redis', 'globex'],
  ] as const)('locks no one out for right passwords during an outage of %s', async (_, service, tenant) => {
    const email = `ada-${service}@acme.test`
    expect((await signIn('register', tenant, email)).status).toBe(201)
    const faults = worker.stack.faults[service]
    faults.set({ refuse: true })
    faults.cut()
    try {
      const during = await Promise.all(Array.from({ length: 15 }, () => signIn('login', tenant, email)))
      expect(new Set(during.map(({ status }) => status))).toEqual(new Set([503]))
    } finally {
      faults.clear()
    }
    await expect
      .poll(async () => (await signIn('login', tenant, email)).status, { timeout: 60_000, interval: 500 })
      .toBe(200)
  })
})

/** What a hash takes here, at the least ms of three sign-ins. */
async function hashMs(): Promise<number> {
  const took: number[] = []
  for (let n = 0; n < 3; n++) {
    const started = performance.now()
    await signIn('login', 'sixteen', `nobody-${n}@acme.test`)
    took.push(performance.now() - started)
  }
  return Math.min(...took)
}
