const SAFE = new Set(['GET', 'HEAD'])

/** Whether requests of this method change nothing (RFC 9110 section 9.2.1), so that one can be sent twice. */
export function isSafe(method: string): boolean {
  return SAFE.has(method)
}
