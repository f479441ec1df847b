import { ago, clockTime } from './format.ts'

/** How the last view came. */
export type Way = 'stream' | 'polling'

/** What the page knows of the age of what it shows. */
export interface Reception {
  /** `null` before the first view. */
  readonly way: Way | null
  /** When the last view came, epoch ms by the browser's clock; `null` before the first. */
  readonly receivedAt: number | null
}

export interface Freshness {
  readonly state: 'loading' | 'live' | 'polling' | 'stale'
  readonly text: string
}

/** From then on what is shown is called stale: several views were missed, however they come. */
export const STALE_AFTER_MS = 8000

/** @param zone of the reader, if not the browser's */
export function freshness({ way, receivedAt }: Reception, now: number, zone?: string): Freshness {
  if (way === null || receivedAt === null) return { state: 'loading', text: 'Connecting…' }
  const age = now - receivedAt
  if (age >= STALE_AFTER_MS) {
    return { state: 'stale', text: `Stale since ${clockTime(receivedAt, zone)} · retrying` }
  }
  const updated = `updated ${ago(age)}`
  return way === 'stream'
    ? { state: 'live', text: `Live · ${updated}` }
    : { state: 'polling', text: `Polling · ${updated}` }
}
