import { TENANTS } from './tenants.ts'

/** How many are written. */
const POSTS = 20
const CONTENT = 'Where the tide goes out, what stays behind is a pool. '.repeat(4).slice(0, 200)

/** Writes the posts of one tenant through Rockpool. */
export async function writePosts(rockpoolUrl: string, tenant: string): Promise<void> {
  for (let number = 1; number <= POSTS; number++) {
    const answer = await fetch(`${rockpoolUrl}/api/posts`, {
      method: 'POST',
      headers: { 'x-user-id': tenant, 'content-type': 'application/json' },
      body: JSON.stringify({ title: `Post ${number}`, content: CONTENT }),
    })
    if (answer.status !== 201)
      throw new Error(`a post could not be written: ${answer.status} ${await answer.text()}`)
    await answer.body?.cancel()
  }
}

/** For Rockpool's variable of that name. */
export function tenantRecords(): string {
  const records = Object.entries(TENANTS).map(([engine, id]) => [id, { tier: 'enterprise', engine }])
  return JSON.stringify(Object.fromEntries(records))
}
