/** How requests are counted; all three are Upstash's own (upstash.com/docs/redis/sdks/ratelimit-ts/algorithms). */
export const ALGORITHMS = ['sliding_window', 'token_bucket', 'fixed_window'] as const
export type AlgorithmName = (typeof ALGORITHMS)[number]

/**
 * What becomes of a request that Redis has no answer for: with `closed` a tenant's gets 503; with the others it passes as
 * long as the isolate itself has let no whole limit through, and `open` tells the caller nothing of what is left.
 */
export const FAILURES = ['open', 'closed', 'local'] as const
export type FailurePolicy = (typeof FAILURES)[number]

/** How a deployment limits requests. Limits are requests a minute; those of tenants stand with their tiers. */
export interface LimitSettings {
  /** Never without Redis. */
  readonly enabled: boolean
  readonly algorithm: AlgorithmName
  /** How long a request waits for Redis. */
  readonly timeoutMs: number
  readonly failure: FailurePolicy
  /**
   * Requests that one isolate may take for a tenant in advance; `auto`: by how many it makes; 0: every request is
   * counted in Redis by itself.
   */
  readonly reserve: number | 'auto'
  /** Of one address: calls that do not say who they are, and health. */
  readonly address: number
  /** Of the holder of the admin token. */
  readonly admin: number
}
