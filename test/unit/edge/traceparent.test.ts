import { expect, test } from 'vitest'
import { continueTrace, writeTrace } from '../../../src/edge/traceparent.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'
const VALID = `00-${TRACE}-${PARENT}-01`

/** Bytes 1, 2, 3, … */
const counting = (bytes: number) => Uint8Array.from({ length: bytes }, (_, n) => n + 1)
const SPAN = '0102030405060708'
const NEW_TRACE = '0102030405060708090a0b0c0d0e0f10'

const traceOf = (parent: string | null, state: string | null = null) => continueTrace(parent, state, counting)

function answered(parent: string | null, state: string | null = null): Headers {
  const headers = new Headers()
  writeTrace(headers, traceOf(parent, state))
  return headers
}

test("a caller's trace goes on under a span of this request's own, with its flags", () => {
  expect(traceOf(VALID)).toEqual({ traceId: TRACE, spanId: SPAN, flags: '01', state: undefined })
  expect(traceOf(`00-${TRACE}-${PARENT}-00`).flags).toBe('00')
  expect(answered(VALID).get('traceparent')).toBe(`00-${TRACE}-${SPAN}-01`)
})

test.each([
  ['is not there', null],
  ['is empty', ''],
  ['is something else', 'hello'],
  ['has upper case', VALID.toUpperCase()],
  ['has a trace id of zeros', `00-${'0'.repeat(32)}-${PARENT}-01`],
  ['has a parent id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['has an id that is too short', `00-${TRACE.slice(1)}-${PARENT}-01`],
  ['has more than its version knows', `${VALID}-more`],
  ['has the version that is none', `ff-${TRACE}-${PARENT}-01`],
  ['has no flags', `00-${TRACE}-${PARENT}`],
  ['is two in one', `${VALID},${VALID}`],
])('a header that %s begins a new trace', (_, parent) => {
  expect(traceOf(parent, 'a=1')).toEqual({
    traceId: NEW_TRACE,
    spanId: SPAN,
    flags: '01',
    state: undefined,
  })
})

test('a version to come is read as far as this one knows, and its unknown flags are not passed on', () => {
  expect(traceOf(`cc-${TRACE}-${PARENT}-ff-what-will-be`)).toMatchObject({ traceId: TRACE, flags: '03' })
  expect(traceOf(`cc-${TRACE}-${PARENT}-01`)).toMatchObject({ traceId: TRACE, flags: '01' })
  expect(traceOf(`cc-${TRACE}-${PARENT}-01what`).traceId).toBe(NEW_TRACE)
})

test('tracestate is given back as it came, unless it is too long or holds what no header should', () => {
  expect(answered(VALID, 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE').get('tracestate')).toBe(
    'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
  )
  expect(answered(VALID, 'x'.repeat(512)).has('tracestate')).toBe(true)
  expect(answered(VALID, 'x'.repeat(513)).has('tracestate')).toBe(false)
  expect(answered(VALID, 'a=\u00e9').has('tracestate')).toBe(false)
  expect(answered(null, 'a=1').has('tracestate')).toBe(false)
})

test('an id is never all zeros, which would be none', () => {
  const { traceId, spanId } = continueTrace(null, null, (bytes) => new Uint8Array(bytes))
  expect(traceId).toMatch(/^0{31}1$/)
  expect(spanId).toMatch(/^0{15}1$/)
})
