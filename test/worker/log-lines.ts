import { vi } from 'vitest'

/** A line of the Worker's log. */
export type LogLine = Readonly<Record<string, unknown>>

/**
 * What is written to the console of this isolate from now on, whatever it is: Worker, hosts and Ledgers all run in it.
 * `vi.restoreAllMocks` ends it.
 */
export function captureLog(): LogLine[] {
  const lines: LogLine[] = []
  for (const level of ['debug', 'info', 'log', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((...values) => lines.push(...values))
  }
  return lines
}

/** The last line of an event with these fields. */
export function lastOf(lines: readonly LogLine[], event: string, fields: LogLine = {}): LogLine | undefined {
  const all = Object.entries({ event, ...fields })
  return lines.findLast((line) => all.every(([name, value]) => line[name] === value))
}
