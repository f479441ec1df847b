/** How much of a limit is left. */
export interface Quota {
  readonly passed: boolean
  /** Requests a window. */
  readonly limit: number
  readonly remaining: number
  /** When the window ends, or a token bucket gets its next token; ms since 1970. */
  readonly resetAt: number
}

/** Whose requests are counted together. */
export type LimitPolicy = 'tenant' | 'address' | 'admin'

/** What a limiter says of one request. */
export interface Verdict {
  readonly policy: LimitPolicy
  /** Requests a minute. */
  readonly limit: number
  /** `unlimited`: Redis did not answer, and the request goes on; `unavailable`: the same, and it does not. */
  readonly outcome: 'passed' | 'refused' | 'unlimited' | 'unavailable'
  /** What is known to be left. */
  readonly quota?: Quota
}
