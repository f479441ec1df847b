import type { Spread } from './spread.ts'

/** How figures are written. */
export const whole = (value: number): string => Math.round(value).toLocaleString('en')
export const fixed = (digits: number) => (value: number) => value.toFixed(digits)
export const times = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)}x`
export const percent = (share: number): string => `${Math.round(share * 100)} %`
export const ms = (value: number): string => `${value.toFixed(1)} ms`
export const inRounds = (count: number): string => `${count} ${count === 1 ? 'round' : 'rounds'}`

/** A median, and in parentheses where the true one lies, if that can be said; without its unit. */
export function estimated(
  { median, within: [min, max] = [median, median] }: Spread,
  write: (value: number) => string,
): string {
  return shown({ median, min, max }, write)
}

/** A median, and in parentheses the least and the most, without its unit. */
export function shown({ median, min, max }: Spread, write: (value: number) => string): string {
  const bare = (value: number) => write(value).replace(/[^\d.,]+$/, '')
  return min === max ? write(median) : `${write(median)} (${bare(min)}–${bare(max)})`
}
