import { expect, test } from 'vitest'
import { signAccessToken } from '../../../../src/edge/auth/access-token.ts'
import { identify } from '../../../../src/edge/identify.ts'
import { problemOf } from '../../support/host.ts'
import { bearing, configWith, SECRET } from '../../support/tokens.ts'

const user = { id: 'u1', role: 'viewer' as const }
const strict = { JWT_SECRET: SECRET, JWT_ISSUER: 'https://id.test', JWT_AUDIENCE: 'rockpool' }
const settings = { secret: SECRET, issuer: 'https://id.test', audience: 'rockpool' }

test('an access token says tenant, user and role to the deployment that signed it', async () => {
  const token = await signAccessToken(user, 'acme', settings, Date.now())
  expect(await identify(bearing(token), configWith(strict))).toEqual({
    tenant: 'acme',
    caller: { user: 'u1', role: 'viewer' },
  })
})

test('an access token is good for 15 minutes', async () => {
  const config = configWith(strict)
  const before = (ms: number) => signAccessToken(user, 'acme', settings, Date.now() - ms)
  expect((await identify(bearing(await before(14 * 60_000)), config)).tenant).toBe('acme')
  expect(await problemOf(identify(bearing(await before(15 * 60_000)), config))).toMatchObject({
    detail: 'The token has expired.',
  })
})
