import { GROUPED_FROM, GROUPED_TO, strategyFor } from './strategy.ts'

/** What a sizing is asked for: whole numbers, not negative. */
export interface SizingQuestion {
  readonly concurrent_users: number
  /** Requests that one user has running at a time, each on a connection of its own. */
  readonly requests_per_user: number
  /** Connections that all users' pools may have together. */
  readonly available_connections: number
}

export interface Sizing {
  /** Connections of one user's pool. */
  readonly pool_size: number
  /** Users that can have such a pool at a time. */
  readonly max_users: number
  readonly total_connections: number
  readonly strategy: ReturnType<typeof strategyFor>
  /** Why, in a sentence for people. */
  readonly reason: string
}

/**
 * Divides connections among users: each gets what it asks for, else an equal part, and when there are fewer
 * connections than users, as many users as can get one connection each. The total never exceeds what is available.
 */
export function sizePools(question: SizingQuestion): Sizing {
  const { concurrent_users: users, requests_per_user: wish, available_connections: available } = question
  const part = users === 0 ? 0 : Math.max(1, Math.floor(available / users))
  const size = Math.min(wish, part, available)
  const served = size === 0 ? 0 : Math.min(users, available)
  const strategy = strategyFor(users)
  return {
    pool_size: size,
    max_users: served,
    total_connections: size * served,
    strategy,
    reason: `${sizeReason(question, size)}, and ${STRATEGY_REASONS[strategy]}.`,
  }
}

const STRATEGY_REASONS = {
  shared: `fewer than ${GROUPED_FROM} users fit on one shared host`,
  grouped: `${GROUPED_FROM} to ${GROUPED_TO} users are best spread over groups`,
  dedicated: `more than ${GROUPED_TO} users are best served by a host each`,
} as const satisfies Record<Sizing['strategy'], string>

function sizeReason(question: SizingQuestion, size: number): string {
  const { concurrent_users: users, requests_per_user: wish, available_connections: available } = question
  if (users === 0) return 'No user is counted, so no connection is given out'
  if (available < users) {
    return `With ${count(available, 'connection')} for ${count(users, 'user')} only ${available} can have one at a time`
  }
  const each = users === 1 ? 'the one user' : `each of ${users} users`
  const part = size === wish ? `all ${wish}` : `${size} of the ${wish}`
  return `${count(available, 'connection')} will give ${each} ${part} that it asks for`
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
