import { env } from 'cloudflare:workers'
import { send } from '../support.ts'

export const COOKIE = '__Host-rockpool_session'

/** Signs in and returns what the browser sends from then on. */
export async function signedIn(): Promise<{ readonly cookie: string }> {
  const { headers } = await signInWith(env.ADMIN_TOKEN)
  const [cookie = ''] = (headers.get('set-cookie') ?? '').split(';')
  return { cookie }
}

export function signInWith(token: string) {
  return send('/dashboard/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  })
}

/** What a browser says of a request that a page of the same site sent. */
export const SAME_ORIGIN = { 'sec-fetch-site': 'same-origin' }
