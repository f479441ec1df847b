import type { Clock } from './clock.ts'

/** The answer to `ask` if it comes within `ms`; throws otherwise. What comes later is dropped. */
export async function inTime<T>(clock: Clock, ms: number, ask: () => Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const cancel = clock.after(ms, () => reject(new Error('no answer in time')))
  try {
    return await Promise.race([ask(), late])
  } finally {
    cancel()
  }
}
