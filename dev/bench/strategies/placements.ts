import { hashOf } from '../../../src/tenants/hash.ts'

/** One strategy at a number of users, scaled so that 1,000 users meet pools of 100, 10 x 50 and 10 each. */
export interface Strategy {
  readonly name: 'shared' | 'grouped' | 'dedicated'
  /** Connections for all users together, as far as one request of each can use them. */
  readonly connections: number
  readonly variables: Readonly<Record<string, string>>
}

export const GROUPS = 10

export function strategiesFor(users: number): readonly Strategy[] {
  const [shared, group] = [Math.ceil(users / 10), Math.ceil(users / 20)]
  const common = {
    // A pool is never smaller than its minimum, and few users meet small pools.
    DB_POOL_MIN_SIZE: '1',
    DB_POOL_TIMEOUT: '120',
    DB_POOL_MAX_WAITING: '100000',
  }
  return [
    {
      name: 'shared',
      connections: shared,
      variables: { ...common, STRATEGY: 'shared', SHARED_POOL_SIZE: `${shared}` },
    },
    {
      name: 'grouped',
      connections: GROUPS * group,
      variables: {
        ...common,
        STRATEGY: 'grouped',
        PLACEMENT_GROUPS: `${GROUPS}`,
        GROUP_POOL_SIZE: `${group}`,
      },
    },
    {
      name: 'dedicated',
      connections: users,
      variables: { ...common, STRATEGY: 'dedicated', TIERS: '{"free": {"size": 10}}' },
    },
  ]
}

/** Tenants of which every group has as many, so that the ideal is one number. */
export function evenTenants(users: number): string[] {
  const perGroup = new Map<number, number>()
  const tenants: string[] = []
  for (let n = 0; tenants.length < users; n++) {
    const id = `user-${n}`
    const group = hashOf(id) % GROUPS
    const count = perGroup.get(group) ?? 0
    if (count >= Math.ceil(users / GROUPS)) continue
    perGroup.set(group, count + 1)
    tenants.push(id)
  }
  return tenants
}
