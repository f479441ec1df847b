import { inspect } from 'node:util'
import { afterEach, expect, test, vi } from 'vitest'
import { log } from '../../../src/telemetry/log.ts'

afterEach(() => vi.restoreAllMocks())

test('an event is an object with nothing but its fields, and looks like JSON wherever a console shows it', () => {
  const written = vi.spyOn(console, 'warn').mockImplementation(() => {})
  log({ event: 'replica.banned', host: 'dedicated:acme', replica: 'replica-1', ban_ms: 1_000 })
  const line: object = written.mock.calls[0]?.[0]
  const fields = {
    level: 'warn',
    ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    event: 'replica.banned',
    host: 'dedicated:acme',
    replica: 'replica-1',
    ban_ms: 1_000,
  }
  expect(Object.fromEntries(Object.entries(line))).toEqual(fields)
  expect(JSON.parse(JSON.stringify(line))).toEqual(fields)
  expect(inspect(line)).toBe(JSON.stringify(line))
})
