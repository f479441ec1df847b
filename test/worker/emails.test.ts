import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { readCall } from '../../src/host/call.ts'
import { Passwords } from '../../src/sign-in/passwords.ts'
import { hostCall } from './host-call.ts'
import { client, HASHING, newTenantWithUser, PASSWORD } from './sign-in.ts'
import { as, ENGINES, newTenant } from './support.ts'

const spellings = (email: string) => [
  email.toUpperCase(),
  email.replace('@', '\ufe0f@'),
  email.replace('.test', '\u034f.test'),
  `\u115f${email}`,
  `${email}\u3164`,
  email.replace('a', 'a\u{e0061}'),
  email.replace('a', 'a\u2800'),
]

/** A user as one was stored before invisible characters were left out, past today's routes. */
async function storeUser(tenant: string, engine: (typeof ENGINES)[number], email: string): Promise<void> {
  const host = `dedicated:${tenant}`
  const password_hash = new Passwords().hash(PASSWORD)
  const { outcome } = await env.POOL_HOST.getByName(host).signIn(readCall(hostCall(tenant, engine, host)), {
    action: 'create',
    user: { email, password_hash, claim: false },
  })
  expect(outcome.problem).toBeUndefined()
}

describe.each(ENGINES)('an email on %s', (engine) => {
  it('is one user however it is spelled, who signs in by every spelling', HASHING, async () => {
    const { tenant, credentials, registered } = await newTenantWithUser(engine)
    for (const email of spellings(credentials.email)) {
      const again = await client()<{ code: string }>('register', { ...credentials, email })
      expect([again.status, again.body.code]).toEqual([409, 'email_taken'])
      const member = await as<{ code: string }>(tenant, '/api/company/users', 'POST', {
        email,
        name: 'Ada',
        role: 'member',
      })
      expect([member.status, member.body.code]).toEqual([409, 'email_taken'])
    }
    const [, , , spelled = ''] = spellings(credentials.email)
    const { status, body } = await client()('login', { ...credentials, email: spelled })
    expect(status).toBe(200)
    expect(body.user).toEqual(registered.user)
  })

  it(
    'that is stored with an invisible character still signs in, and makes no second user',
    HASHING,
    async () => {
      const tenant = newTenant(engine)
      const email = 'sea\u2764\ufe0f@acme.test'
      await storeUser(tenant, engine, email)
      const signedIn = await client()('login', { tenant, email: email.toUpperCase(), password: PASSWORD })
      expect(signedIn.status).toBe(200)
      expect(signedIn.body.user.email).toBe(email)
      const again = await client()<{ code: string }>('register', { tenant, email, password: PASSWORD })
      expect(again.body.code).toBe('email_taken')
      const member = await as<{ code: string }>(tenant, '/api/company/users', 'POST', {
        email,
        name: 'Ada',
        role: 'member',
      })
      expect(member.body.code).toBe('email_taken')
    },
  )
})
