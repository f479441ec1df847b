import { createMiddleware } from 'hono/factory'
import { Problem } from '../problem.ts'
import type { EdgeEnv } from './bindings.ts'
import { BodyBudget } from './body-budget.ts'
import { BODY_TIMEOUT_MS, MAX_BODY_BYTES } from './body-limits.ts'

/** All bodies that one isolate holds while they arrive, in bytes: a quarter of its memory. */
const budget = new BodyBudget(32 * 1024 * 1024)

/**
 * Reads a request's body whole, within its time, before anything else is done with it: an unfinished one holds no
 * connection, no host and no memory beyond the isolate's budget. Throws `payload_too_large`, `request_timeout`,
 * `bodies_busy`, or `client_closed_request` when the client goes away meanwhile.
 */
export const readWhole = createMiddleware<EdgeEnv>(async (c, next) => {
  const { body, headers } = c.req.raw
  if (body !== null) {
    const announced = Number(headers.get('content-length') ?? 0)
    if (announced > MAX_BODY_BYTES) throw tooLarge()
    using share = budget.take(announced)
    // Hono keeps promises there, whatever its type says (its request.ts, #cachedBody).
    c.req.bodyCache.arrayBuffer = Promise.resolve(await inTime(body, share)) as unknown as ArrayBuffer
  }
  await next()
})

async function inTime(body: ReadableStream<Uint8Array>, share: BodyShare): Promise<ArrayBuffer> {
  const reader = body.getReader()
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    void reader.cancel().catch(() => {})
  }, BODY_TIMEOUT_MS)
  try {
    const bytes = await readAll(reader, share)
    if (!isLate) return bytes
  } catch (error) {
    if (error instanceof Problem) throw error
    // The runtime's word for a client that has closed its connection is an error of the stream.
    if (!isLate) throw new Problem('client_closed_request')
  } finally {
    clearTimeout(timer)
  }
  throw new Problem('request_timeout', { detail: `The body took more than ${BODY_TIMEOUT_MS / 1000} s.` })
}

type BodyShare = ReturnType<BodyBudget['take']>

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  share: BodyShare,
): Promise<ArrayBuffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.byteLength
    if (size > MAX_BODY_BYTES) {
      void reader.cancel().catch(() => {})
      throw tooLarge()
    }
    share.grow(size)
    chunks.push(value)
  }
  const [only] = chunks
  // Nearly every body is one piece.
  if (chunks.length === 1 && only?.byteLength === only?.buffer.byteLength) return only?.buffer as ArrayBuffer
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole.buffer
}

function tooLarge(): Problem {
  return new Problem('payload_too_large', { detail: `At most ${MAX_BODY_BYTES} bytes.` })
}
