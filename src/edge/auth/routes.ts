import type { Context } from 'hono'
import { Problem } from '../../problem.ts'
import { readBody } from '../../routes/input.ts'
import { openApiApp } from '../../routes/openapi.ts'
import { storedForm } from '../../routes/users/email.ts'
import type { User } from '../../routes/users/user.ts'
import { orUnavailable, type Refusal, tooManyAttempts } from '../../sign-in/attempts.ts'
import { Slots } from '../../sign-in/slots.ts'
import { log } from '../../telemetry/log.ts'
import { findTenant } from '../../tenants/directory.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { addressKey } from '../address.ts'
import { requireAdmin } from '../admin-only.ts'
import { SIGN_IN_ROUTES } from '../api/auth.ts'
import type { EdgeEnv } from '../bindings.ts'
import { ACCESS_TOKEN_LIFETIME, signAccessToken } from './access-token.ts'
import { Login, Refresh, Registration, tenantOf } from './credentials.ts'
import { Hasher } from './hasher.ts'
import { login } from './login.ts'
import { REFRESH_TOKEN_LIFETIME } from './refresh-tokens.ts'
import { type SignIn, signInOf } from './sign-in.ts'
import { Users } from './users.ts'

/** Sign-in of a tenant's users, against the users in the tenant's own database. */
export const auth = openApiApp<EdgeEnv>()

for (const route of SIGN_IN_ROUTES) auth.openAPIRegistry.registerPath(route)

/** Sign-ins under way in one isolate: more are refused before anything is asked for them. */
const slots = new Slots(16)

auth.post('/register', async (c) => {
  const signIn = signInOf(c.var.config)
  const byAdmin = c.var.config.registration === 'admin'
  if (byAdmin) await requireAdmin(c)
  const { tenant: named, ...credentials } = await readBody(c, Registration)
  const id = tenantOf(named, c.req.url, c.var.config.tenantDomain)
  using _ = slots.take()
  await admit(c, id, 'address', signIn.attempts.byAddress('register', addressOf(c)))
  const tenant = await tenantFor(c, id)
  const { email, password } = credentials
  const users = new Users(c, tenant)
  const hash = await new Hasher(c, { tenant: id, email: email.normal }).hash(password)
  // Nobody proves that an email is his: where anybody may register, nobody gets the role that an admin gave to one.
  const user = await users.create({
    email: await storedForm(email, users),
    password_hash: hash,
    claim: byAdmin,
  })
  return c.json(await signedIn(signIn, tenant, user), 201, NO_STORE)
})

auth.post('/login', async (c) => {
  const signIn = signInOf(c.var.config)
  const { tenant: named, ...credentials } = await readBody(c, Login)
  const id = tenantOf(named, c.req.url, c.var.config.tenantDomain)
  const account = { tenant: id, email: credentials.email.normal }
  using _ = slots.take()
  await admit(c, id, 'address', signIn.attempts.byAddress('login', addressOf(c)))
  await admit(c, id, 'account', signIn.attempts.refusalOf(account))
  const tenant = await tenantFor(c, id)
  const user = await login(credentials, { users: new Users(c, tenant), hasher: new Hasher(c, account) })
  return c.json(await signedIn(signIn, tenant, user), 200, NO_STORE)
})

auth.post('/refresh', async (c) => {
  const signIn = signInOf(c.var.config)
  const { refresh_token: token } = await readBody(c, Refresh)
  // Looked at first and exchanged last: a host that does not answer in between costs nobody the sign-in.
  const checked = await orUnavailable(signIn.refreshTokens.check(token))
  if (checked.status === 'reused') reportReuse(c, checked.owner)
  if (checked.status !== 'valid') throw new Problem('invalid_refresh_token')
  const tenant = await tenantFor(c, checked.owner.tenant)
  const user = await new Users(c, tenant).find({ id: checked.owner.user })
  if (!user) {
    await orUnavailable(signIn.refreshTokens.revoke(token))
    throw new Problem('invalid_refresh_token')
  }
  const rotated = await orUnavailable(signIn.refreshTokens.rotate(token))
  if (rotated.status === 'reused') reportReuse(c, rotated.owner)
  if (rotated.status !== 'valid') throw new Problem('invalid_refresh_token')
  return c.json(await answer(signIn, tenant, user, rotated.next), 200, NO_STORE)
})

auth.post('/logout', async (c) => {
  const signIn = signInOf(c.var.config)
  const { refresh_token: token } = await readBody(c, Refresh)
  await orUnavailable(signIn.refreshTokens.revoke(token))
  return c.body(null, 204)
})

/** RFC 6749 section 5.1. */
const NO_STORE = { 'cache-control': 'no-store' }

/** Throws `too_many_attempts` where the limit refuses, `sign_in_unavailable` where it cannot be asked. */
async function admit(
  c: Context<EdgeEnv>,
  tenant: string,
  limit: 'address' | 'account',
  counting: Promise<Refusal | undefined>,
): Promise<void> {
  const refusal = await orUnavailable(counting)
  if (!refusal) return
  log({ event: 'sign_in.limited', limit, tenant, request_id: c.var.requestId })
  throw tooManyAttempts(refusal, Date.now())
}

async function tenantFor(c: Context<EdgeEnv>, id: string): Promise<Tenant> {
  const tenant = await findTenant(id, c.var.config, (work) => c.executionCtx.waitUntil(work))
  c.set('tenant', tenant.id)
  return tenant
}

function addressOf(c: Context<EdgeEnv>): string {
  return addressKey(c.req.header('cf-connecting-ip') ?? null)
}

function reportReuse(c: Context<EdgeEnv>, { tenant, user }: { tenant: string; user: string }): void {
  log({ event: 'refresh_token.reused', tenant, user, request_id: c.var.requestId })
}

async function signedIn(signIn: SignIn, tenant: Tenant, user: User) {
  const owner = { tenant: tenant.id, user: user.id }
  return answer(signIn, tenant, user, await orUnavailable(signIn.refreshTokens.issue(owner)))
}

async function answer({ jwt }: SignIn, tenant: Tenant, user: User, refreshToken: string) {
  const { id, email, name, role } = user
  return {
    user_id: tenant.id,
    user: { id, email, name, role },
    access_token: await signAccessToken(user, tenant.id, jwt, Date.now()),
    token_type: 'Bearer',
    expires_in: ACCESS_TOKEN_LIFETIME,
    refresh_token: refreshToken,
    refresh_expires_in: REFRESH_TOKEN_LIFETIME,
  }
}
