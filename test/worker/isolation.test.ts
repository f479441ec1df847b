import { describe, expect, it } from 'vitest'
import { as, newTenant } from './support.ts'

interface Listed {
  user_id: string
  posts: { id: string; title: string }[]
}

describe('two tenants', () => {
  it.each([
    ['postgres', 'postgres'],
    ['mongo', 'mongo'],
    ['postgres', 'mongo'],
  ] as const)('on %s and %s never see each other in 200 interleaved requests', async (first, second) => {
    const tenants = [newTenant(first), newTenant(second)]
    const created = new Map<string, string[]>(tenants.map((tenant) => [tenant, []]))

    const requests = Array.from({ length: 200 }, async (_, n) => {
      const tenant = tenants[(n * 7) % 2] ?? ''
      const other = tenants.find((one) => one !== tenant) ?? ''
      if (n % 4 < 2) {
        const { status, body } = await as<{ post_id: string; user_id: string }>(
          tenant,
          '/api/posts',
          'POST',
          {
            title: `${tenant} ${n}`,
            content: 'mine alone',
          },
        )
        expect(status).toBe(201)
        expect(body.user_id).toBe(tenant)
        created.get(tenant)?.push(body.post_id)
        return
      }
      const { status, body } = await as<Listed>(tenant, '/api/posts?limit=100')
      expect(status).toBe(200)
      expect(body.user_id).toBe(tenant)
      expect(body.posts.every((post) => post.title.startsWith(`${tenant} `))).toBe(true)
      // Somebody else's id is no id at all here.
      const foreign = created.get(other)?.[0]
      if (foreign !== undefined) expect((await as(tenant, `/api/posts/${foreign}`)).status).toBe(404)
    })
    await Promise.all(requests)

    for (const tenant of tenants) {
      const { body } = await as<Listed>(tenant, '/api/posts?limit=100')
      expect(body.posts.map((post) => post.id).sort()).toEqual([...(created.get(tenant) ?? [])].sort())
      expect(body.posts).toHaveLength(50)
    }
  })
})
