import { abortAllDurableObjects, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import { hasherOf } from '../../src/edge/auth/hasher.ts'
import { client, HASHING, newTenantWithUser, PASSWORD, withinAccountWindow } from './sign-in.ts'
import { clearFaults, cut, ENGINES, setFault, until } from './support.ts'

afterEach(clearFaults)

interface Credentials {
  readonly tenant: string
  readonly email: string
  readonly password: string
}

const login = (credentials: Credentials) => client()<{ code?: string }>('login', credentials)

/** More right passwords than an account may meet wrong ones, and so few that none is refused as too many at once. */
const manyAtOnce = (credentials: Credentials) => Array.from({ length: 14 }, () => login(credentials))

/** Signs in as soon as that is possible again; whoever is locked out for 15 minutes never does. */
const signsInAgain = (credentials: Credentials) =>
  until(
    () => login(credentials),
    ({ status }) => status === 200,
    60_000,
  )

describe.each(ENGINES)('right passwords of a tenant on %s', (engine) => {
  it.each(['the database', 'Redis'] as const)('lock no one out while %s is down', HASHING, async (what) => {
    const service = what === 'Redis' ? 'redis' : engine
    const { credentials } = await newTenantWithUser(engine)
    await setFault(service, { refuse: true })
    await cut(service)
    for (const { status, body, headers } of await Promise.all(manyAtOnce(credentials))) {
      expect(status).toBe(503)
      expect(body.code).not.toBe('too_many_attempts')
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    }
    await clearFaults()
    await signsInAgain(credentials)
  })

  it('lock no one out when hosts and hashers are reset under them', HASHING, async () => {
    const { credentials } = await newTenantWithUser(engine)
    const all = manyAtOnce(credentials)
    await Promise.race(all)
    await abortAllDurableObjects()
    for (const { status } of await Promise.all(all)) expect([200, 503]).toContain(status)
    await signsInAgain(credentials)
  })
})

/** Ends the object that hashes for an account, as a crash or a deploy does. */
async function resetHasher(account: Credentials): Promise<void> {
  const hasher = env.PASSWORD_HASHER.getByName(hasherOf(account))
  await runInDurableObject(hasher, (_, state) => state.abort('reset by a test')).catch(() => {})
}

describe('a hasher that is reset', () => {
  it('costs its sign-ins a 503 that may be retried, and none of them a guess', HASHING, async () => {
    const { credentials } = await newTenantWithUser('mongo')
    const all = manyAtOnce(credentials)
    // The others wait for their turns in the same object.
    await Promise.race(all)
    await resetHasher(credentials)
    const failed = (await Promise.all(all)).filter(({ status }) => status !== 200)
    expect(failed.length).toBeGreaterThan(3)
    for (const { status, body, headers } of failed) {
      expect([status, body.code]).toEqual([503, 'sign_in_unavailable'])
      expect(headers.get('retry-after')).toBe('1')
    }
    expect((await login(credentials)).status).toBe(200)
  })

  it('does not forget the wrong passwords that were counted', HASHING, async () => {
    await withinAccountWindow()
    const { credentials } = await newTenantWithUser('mongo')
    const wrong = { ...credentials, password: `not ${PASSWORD}` }
    const codes: (string | undefined)[] = []
    for (let round = 0; round < 3; round++) {
      codes.push(...(await Promise.all([1, 2, 3, 4].map(() => login(wrong)))).map(({ body }) => body.code))
      await resetHasher(credentials)
    }
    expect(codes.filter((code) => code === 'invalid_credentials')).toHaveLength(10)
    expect((await login(credentials)).body.code).toBe('too_many_attempts')
  })
})
