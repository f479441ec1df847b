import { expect } from 'vitest'
import { newTenant, send, withinOneWindow } from './support.ts'

export interface SignedIn {
  user_id: string
  user: { id: string; email: string; name: string | null; role: string }
  access_token: string
  token_type: string
  expires_in: number
  refresh_token: string
}

/** For tests that have many passwords hashed, one after the other, on a machine that may be busy. */
export const HASHING = { timeout: 150_000 }

/** Begins what takes up to `ms` where all of it falls into one window of the accounts' limit. */
export const withinAccountWindow = (ms = 60_000) => withinOneWindow(ms, 15 * 60_000)

export const PASSWORD = 'correct horse battery'

let addresses = 0

/** An address that no other test of this run uses, so that their attempts do not count for each other. */
export function newAddress(): string {
  addresses++
  return `2001:db8:${(Date.now() & 0xffff).toString(16)}:${addresses.toString(16)}::1`
}

/** What a client sends from an address of its own. */
export function client(address = newAddress()) {
  return <Body = SignedIn>(action: string, body: unknown, headers: Record<string, string> = {}) =>
    send<Body>(`/api/v1/auth/${action}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'cf-connecting-ip': address, ...headers },
      body: JSON.stringify(body),
    })
}

/** A tenant with its first user, ada, registered. */
export async function newTenantWithUser(engine: 'postgres' | 'mongo') {
  const tenant = newTenant(engine)
  const credentials = { tenant, email: `ada-${Date.now()}@acme.test`, password: PASSWORD }
  const { status, body } = await client()('register', credentials)
  expect(status).toBe(201)
  return { tenant, credentials, registered: body }
}
