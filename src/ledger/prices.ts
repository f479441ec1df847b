/**
 * Cloudflare's list prices for Durable Objects on the Workers Paid plan, in US dollars. Included amounts are per
 * account and month, so other Workers of the account use them up too. When prices change, change them here, with
 * the day on which they were looked up.
 */
export const PRICES = Object.freeze({
  source: 'https://developers.cloudflare.com/durable-objects/platform/pricing/',
  as_of: '2026-11-21',
  /** A live object is billed for all of its 128 MB, whatever it uses of them (footnote 5 of the source). */
  gb_per_object: 0.128,
  usd_per_million_gb_seconds: 12.5,
  included_gb_seconds_per_month: 400_000,
  /** Each fetch and each RPC call is one request (footnote 1 of the source). */
  usd_per_million_requests: 0.15,
  included_requests_per_month: 1_000_000,
})
