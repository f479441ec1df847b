import type { Spent } from '../pools/request-usage.ts'
import type { ProblemCode } from '../problem.ts'

/**
 * Carries what a request spent in a host back over the hop, for the edge's one log line. A header of its own, as that of
 * a `Call` on the way in; the edge takes it away before a client sees the answer.
 */
const HEADER = 'x-rockpool-spent'
/** The same for what it was refused for. */
const REFUSED = 'x-rockpool-refused'

export function writeSpent(
  headers: Headers,
  { route = '', waitMs, dbMs, reused, code, fault = '' }: Spent,
): void {
  if (code !== undefined) headers.set(REFUSED, `${code},${fault}`)
  headers.set(HEADER, `${waitMs ?? ''},${dbMs ?? ''},${reused === undefined ? '' : Number(reused)},${route}`)
}

/** Reads it and removes it; `undefined` from a host of a version that does not say. */
export function takeSpent(headers: Headers): Spent | undefined {
  const text = headers.get(HEADER)
  if (text === null) return undefined
  headers.delete(HEADER)
  const [code = '', fault = ''] = headers.get(REFUSED)?.split(',') ?? []
  if (code !== '') headers.delete(REFUSED)
  // Last, because a pattern may have commas.
  const [waitMs = '', dbMs = '', reused = '', ...pattern] = text.split(',')
  const route = pattern.join(',')
  return {
    ...(route !== '' && { route }),
    ...(waitMs !== '' && { waitMs: Number(waitMs) }),
    ...(dbMs !== '' && { dbMs: Number(dbMs) }),
    ...(reused !== '' && { reused: reused === '1' }),
    ...(code !== '' && { code: code as ProblemCode }),
    ...(fault !== '' && { fault }),
  }
}
