import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import type { Faults } from './faults.ts'

/** An HTTP response before the faults have had their way with it. */
export interface Answer {
  status: number
  headers: Record<string, string>
  body: string
}

/**
 * Answers a request under the faults of an HTTP service. `refuse` resets the connection at every request, because a
 * client that keeps its connection alive makes no new one; `limitBytes` counts the bytes of one body.
 * @param work makes the answer; is not called when a fault answers instead. Its signal aborts when the client leaves.
 */
export async function answerUnderFaults(
  request: IncomingMessage,
  response: ServerResponse,
  faults: Faults,
  work: (signal: AbortSignal) => Promise<Answer>,
): Promise<void> {
  const reset = () => request.socket.resetAndDestroy()
  if (faults.state.refuse) return void reset()
  const departure = new AbortController()
  response.once('close', () => departure.abort())
  const stopListening = faults.onCut(reset)
  const { signal } = departure
  try {
    await faults.untilPassable(signal)
    const { httpStatus } = faults.state
    const answer = httpStatus ? faultAnswer(httpStatus) : await work(signal)
    const delay = faults.drawDelayMs()
    // A timer of 0 still takes a millisecond: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args
    if (delay > 0) await sleep(delay, undefined, { signal })
    await faults.untilPassable(signal)
    await send(response, answer, faults, signal)
  } catch (error) {
    // The client has left: there is nobody to answer, and `work` has seen the signal.
    if (!signal.aborted) throw error
  } finally {
    stopListening()
  }
}

function faultAnswer(status: number): Answer {
  const body = JSON.stringify({ message: `HTTP status ${status} by order of a fault switch` })
  return { status, headers: { 'content-type': 'application/json' }, body }
}

async function send(
  response: ServerResponse,
  answer: Answer,
  faults: Faults,
  signal: AbortSignal,
): Promise<void> {
  const { badJson, limitBytes, sliceBytes } = faults.state
  let body = Buffer.from(answer.body)
  if (badJson) body = body.subarray(0, Math.floor(body.length / 2))
  response.writeHead(answer.status, { ...answer.headers, 'content-length': body.length })
  const isCut = limitBytes > 0 && body.length > limitBytes
  const end = isCut ? limitBytes : body.length
  const step = sliceBytes || end || 1
  for (let start = 0; start < end; start += step) {
    signal.throwIfAborted()
    response.write(body.subarray(start, Math.min(start + step, end)))
    // Slices written in one turn would go out as one.
    if (sliceBytes) await turn()
  }
  if (isCut) response.socket?.destroySoon()
  else response.end()
}
