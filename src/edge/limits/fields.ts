import type { Verdict } from './quota.ts'

export const WINDOW_SECONDS = 60

/**
 * Tells a caller of its limit, in the fields of draft-ietf-httpapi-ratelimit-headers-11 (2026-05-23) and in the older
 * `X-RateLimit-*`, whose reset is a Unix time in seconds. What is left is told only where it is known.
 */
export function writeLimitFields(headers: Headers, { policy, limit, quota }: Verdict, now: number): void {
  headers.set('ratelimit-policy', `"${policy}";q=${limit};w=${WINDOW_SECONDS}`)
  headers.set('x-ratelimit-limit', String(limit))
  if (!quota) return
  headers.set('ratelimit', `"${policy}";r=${quota.remaining};t=${secondsUntil(quota.resetAt, now)}`)
  headers.set('x-ratelimit-remaining', String(quota.remaining))
  headers.set('x-ratelimit-reset', String(Math.ceil(quota.resetAt / 1000)))
}

/** Whole seconds, never too few. */
export function secondsUntil(at: number, now: number): number {
  return Math.max(0, Math.ceil((at - now) / 1000))
}
