/** Where a request stands in a distributed trace (W3C Trace Context, w3.org/TR/trace-context). */
export interface Trace {
  /** 32 hex digits, the same for all that belongs to the trace. */
  readonly traceId: string
  /** 16 hex digits: this request's own part of it. */
  readonly spanId: string
  /** 2 hex digits, as the caller set them. */
  readonly flags: string
  /** What other systems keep in it; `undefined` where there is none. */
  readonly state: string | undefined
}

/** Version, trace id, parent id, flags; a version to come may add more after another dash. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const MALFORMED_VERSION = 'ff'
const THIS_VERSION = '00'
const NO_ID = /^0+$/
/** `sampled` and, of level 2, `random`: others are reserved, and not to be passed on. */
const KNOWN_FLAGS = 0b11
/** Every request is told of in a log line. */
const SAMPLED = '01'
/** The length up to which a state should be passed on; printable ASCII. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/

/** By byte. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8

/**
 * Goes on with the trace that a request is part of, or begins one where its headers name none. A header that is not
 * valid is as good as none: a request is never refused for it.
 * @param random that many random bytes
 */
export function continueTrace(
  parent: string | null,
  state: string | null,
  random: (bytes: number) => Uint8Array,
): Trace {
  const [, version, traceId = '', parentId = '', flags = '', rest] = TRACEPARENT.exec(parent ?? '') ?? []
  const isValid =
    version !== undefined &&
    version !== MALFORMED_VERSION &&
    !(version === THIS_VERSION && rest !== undefined) &&
    !NO_ID.test(traceId) &&
    !NO_ID.test(parentId)
  const spanId = newId(SPAN_ID_BYTES, random)
  if (!isValid) {
    return { traceId: newId(TRACE_ID_BYTES, random), spanId, flags: SAMPLED, state: undefined }
  }
  const known = Number.parseInt(flags, 16) & KNOWN_FLAGS
  return {
    traceId,
    spanId,
    flags: HEX[known] ?? SAMPLED,
    state: state !== null && TRACESTATE.test(state) ? state : undefined,
  }
}

/** Tells a caller, or another part, of the trace: whoever goes on with it names this request as the parent. */
export function writeTrace(headers: Headers, { traceId, spanId, flags, state }: Trace): void {
  headers.set('traceparent', `${THIS_VERSION}-${traceId}-${spanId}-${flags}`)
  if (state !== undefined) headers.set('tracestate', state)
}

/** Never all zeros, which stands for no id. */
function newId(bytes: number, random: (bytes: number) => Uint8Array): string {
  const drawn = random(bytes)
  let id = ''
  for (let n = 0; n < bytes; n++) id += HEX[drawn[n] ?? 0]
  return NO_ID.test(id) ? id.replace(/0$/, '1') : id
}
