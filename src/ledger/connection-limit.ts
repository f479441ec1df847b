import { wholeAboveZero } from '../whole.ts'
import { grantable } from './budget.ts'

/** What a server is taken to take that does not tell, and that nobody has told of. */
const ASSUMED_MAX = 100

/** What is granted before the server was asked: enough to ask it. */
const UNTIL_ASKED = 10

/** The answer of a server is taken for so long: what it takes changes when it is made larger or smaller. */
const ASK_AGAIN_MS = 60 * 60_000

/** What the server of a cluster told of itself. */
export interface ServerMax {
  /** Connections that it takes; `null` where it does not tell. */
  readonly max: number | null
  /** Epoch ms at which it was asked. */
  readonly askedAt: number
}

/** Where the number of connections that a server takes comes from. */
export type LimitSource = 'configured' | 'server' | 'assumed' | 'unknown'

/** How many connections a cluster's server takes, and may be granted. */
export interface ConnectionLimit {
  readonly max: number | null
  readonly source: LimitSource
  /** Connections that may be granted: the rest is a reserve. */
  readonly limit: number
  /** Whether a host that has a connection is to ask the server. */
  readonly ask: boolean
}

/**
 * @param configured the cluster's `*_MAX_CONNECTIONS`
 * @param told what the server said when it was asked last
 */
export function connectionLimit(
  configured: number | undefined,
  told: ServerMax | undefined,
  now: number,
): ConnectionLimit {
  if (configured !== undefined) {
    return { max: configured, source: 'configured', limit: grantable(configured), ask: false }
  }
  if (!told) return { max: null, source: 'unknown', limit: UNTIL_ASKED, ask: true }
  const own = wholeAboveZero(told.max)
  const max = own ?? ASSUMED_MAX
  const source = own === undefined ? 'assumed' : 'server'
  return { max, source, limit: grantable(max), ask: now - told.askedAt >= ASK_AGAIN_MS }
}
