import type { Spent } from '../pools/request-usage.ts'

/** Where the time of a request went, in ms; what did not happen is absent. */
export interface Timings extends Pick<Spent, 'waitMs' | 'dbMs'> {
  /** Reading the tenant's record and asking the limiter, which happen at the same time. */
  readonly limitMs?: number | undefined
  readonly totalMs: number
}

/** The value of `Server-Timing` (w3.org/TR/server-timing). */
export function serverTiming({ limitMs, waitMs, dbMs, totalMs }: Timings): string {
  return `${metric('limit', limitMs)}${metric('lease', waitMs)}${metric('db', dbMs)}total;dur=${totalMs}`
}

function metric(name: string, ms: number | undefined): string {
  return ms === undefined ? '' : `${name};dur=${ms}, `
}
