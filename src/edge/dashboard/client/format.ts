/** How figures and times are written on the page. A dash stands for what is not known. */

export const UNKNOWN = '–'

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const LARGE = new Intl.NumberFormat('en', { notation: 'compact' })
const CLOCK: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit' }

/** 12345 → 12,345; from 100,000 on in thousands and millions. */
export function count(value: number | null): string {
  if (value === null) return UNKNOWN
  return (value < 100_000 ? WHOLE : LARGE).format(value)
}

/** A thing or several of them: 1 host, 3 hosts. */
export function counted(value: number, thing: string): string {
  return `${count(value)} ${thing}${value === 1 ? '' : 's'}`
}

/** 0.983 → 98 %. What is not quite all is never shown as all. */
export function share(ratio: number | null): string {
  if (ratio === null) return UNKNOWN
  return `${Math.floor(ratio * 100)} %`
}

/** Milliseconds: 70 ms, 1.5 s, 12 s. */
export function millis(value: number | null): string {
  if (value === null) return UNKNOWN
  if (value < 1000) return `${Math.round(value)} ms`
  return value < 10_000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value / 1000)} s`
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const

/** How long, in its largest whole unit: 12 s, 4 min, 3 h, 2 d. Clocks that disagree never make it negative. */
export function span(ms: number): string {
  const [unit, size] = UNITS.find(([, size]) => ms >= size) ?? (['s', 1000] as const)
  return `${Math.max(0, Math.floor(ms / size))} ${unit}`
}

/** 12 s ago, or now. */
export function ago(ms: number): string {
  return ms < 1000 ? 'now' : `${span(ms)} ago`
}

/**
 * The time of day on a 24-hour clock.
 * @param zone of the reader, if not the browser's
 */
export function clockTime(at: number, zone?: string): string {
  const options = { ...CLOCK, hourCycle: 'h23' as const }
  return new Intl.DateTimeFormat('en', zone ? { ...options, timeZone: zone } : options).format(at)
}
