import type { PoolRow } from '../contract.ts'
import { POOL_COLUMNS, poolName } from './pool-columns.ts'

export type Direction = 'ascending' | 'descending'

/** What of the pools is shown, and in which order. */
export interface PoolOrder {
  /** The id of a column. */
  readonly sort: string
  readonly direction: Direction
  readonly search: string
}

const FIRST: PoolOrder = { sort: 'tenant', direction: 'ascending', search: '' }

/** The order after a click on a column's heading: its natural direction first, then the other one. */
export function sortedBy(order: PoolOrder, column: string): PoolOrder {
  const natural = POOL_COLUMNS.find(({ id }) => id === column)?.numeric ? 'descending' : 'ascending'
  const other = natural === 'ascending' ? 'descending' : 'ascending'
  const direction = order.sort === column && order.direction === natural ? other : natural
  return { ...order, sort: column, direction }
}

/** The pools that have every word of the search in one of their words, in order; equals stay by name and host. */
export function arranged(pools: readonly PoolRow[], order: PoolOrder): PoolRow[] {
  const words = order.search.toLowerCase().split(/\s+/).filter(Boolean)
  const column = POOL_COLUMNS.find(({ id }) => id === order.sort)
  const sign = order.direction === 'ascending' ? 1 : -1
  return pools
    .filter((pool) => {
      const text = searchable(pool)
      return words.every((word) => text.includes(word))
    })
    .sort((a, b) => {
      const [x, y] = [column?.value(a) ?? null, column?.value(b) ?? null]
      if (x === null || y === null) {
        if (x !== y) return x === null ? 1 : -1
      } else {
        const difference = typeof x === 'string' ? x.localeCompare(String(y)) : x - Number(y)
        if (difference !== 0) return sign * difference
      }
      return identity(a).localeCompare(identity(b))
    })
}

/** A pool's place in the table. A recycled one has its successor's host and key while it drains. */
export function identity(pool: PoolRow): string {
  return [poolName(pool), pool.host, pool.cluster, pool.pool, pool.opened_at].join(' ')
}

function searchable(pool: PoolRow): string {
  const states = [pool.state, pool.paused ? 'paused' : '', pool.stale ? 'stale' : '']
  const words = [poolName(pool), pool.tier ?? '', pool.placement, pool.host, pool.cluster, ...states]
  return words.join(' ').toLowerCase()
}

/** The order that the address says, so that it survives a reload and can be sent to a colleague. */
export function orderOfHash(hash: string): PoolOrder {
  const fields = new URLSearchParams(hash.replace(/^#/, ''))
  const sort = fields.get('sort') ?? ''
  return {
    sort: POOL_COLUMNS.some(({ id }) => id === sort) ? sort : FIRST.sort,
    direction: fields.get('direction') === 'descending' ? 'descending' : 'ascending',
    search: fields.get('search') ?? '',
  }
}

/** The address's part for an order; empty for the one that a page begins with. */
export function hashOfOrder({ sort, direction, search }: PoolOrder): string {
  const fields = new URLSearchParams()
  if (sort !== FIRST.sort || direction !== FIRST.direction) {
    fields.set('sort', sort)
    fields.set('direction', direction)
  }
  if (search !== '') fields.set('search', search)
  return fields.size === 0 ? '' : `#${fields}`
}
