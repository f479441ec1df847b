/**
 * The id that a request goes by in answers and logs: the caller's own if it is harmless, else a new one. What comes
 * from outside ends up in headers and log lines, so only a short, plain one is taken.
 */
export function requestIdOf(header: string | undefined, newId: () => string): string {
  return header !== undefined && /^[\w.=-]{1,128}$/.test(header) ? header : newId()
}
