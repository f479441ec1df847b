import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import type { Faults } from './faults.ts'

/** An HTTP response before the faults have had their way with it. */
export interface Answer {
  status: number
  headers: Record<string, string>
  body: string | Buffer
}

interface Answering {
  /** Makes the answer; is not called when a fault answers instead. Its signal aborts when the client leaves. */
  work(signal: AbortSignal): Promise<Answer>
  /** The answer of a status that is switched on as a fault, as this service words its errors. */
  refuse(status: number, message: string): Answer
}

/** The faults of an HTTP server, on its connections and on its answers. */
export class HttpFaults {
  readonly #faults: Faults
  /** Those that speak HTTP. */
  readonly #sockets = new Set<Socket>()
  readonly #closing = new AbortController()
  readonly #stopListening: () => void

  constructor(faults: Faults, server: Server) {
    this.#faults = faults
    server.on('connection', (socket) => this.#accept(socket))
    this.#stopListening = faults.onCut(() => {
      for (const socket of this.#sockets) socket.resetAndDestroy()
    })
  }

  /** Leaves a connection alone from now on: it speaks something else than HTTP. */
  release(socket: Socket): void {
    this.#sockets.delete(socket)
  }

  /** Drops every connection and lets go of everything held. Idempotent. */
  close(): void {
    this.#stopListening()
    this.#closing.abort()
    for (const socket of this.#sockets) socket.destroy()
  }

  /**
   * Answers a request. `refuse` resets the connection at every request too, because a client that keeps its connection
   * alive makes no new one; `limitBytes` counts the bytes of one body.
   */
  async answer(request: IncomingMessage, response: ServerResponse, service: Answering): Promise<void> {
    if (this.#faults.state.refuse) return void request.socket.resetAndDestroy()
    const departure = new AbortController()
    response.once('close', () => departure.abort())
    const { signal } = departure
    try {
      // What has arrived is carried out once a black hole is lifted, whether its client still waits or not, as happens
      // to a request that was under way when a network broke.
      await this.#faults.untilPassable(this.#closing.signal)
      const answer = await this.#make(service, signal)
      const delay = this.#faults.drawDelayMs()
      // A timer of 0 still takes a millisecond: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args
      if (delay > 0) await sleep(delay, undefined, { signal })
      await this.#faults.untilPassable(signal)
      await this.#send(response, answer, signal)
    } catch (error) {
      // The client has left: there is nobody to answer, and `work` has seen the signal.
      if (!signal.aborted && !this.#closing.signal.aborted) throw error
    }
  }

  #accept(socket: Socket): void {
    if (this.#faults.state.refuse) {
      socket.resetAndDestroy()
      return
    }
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  #make(service: Answering, signal: AbortSignal): Answer | Promise<Answer> {
    const { httpStatus } = this.#faults.state
    if (httpStatus === 0) return service.work(signal)
    return service.refuse(httpStatus, `HTTP status ${httpStatus} by order of a fault switch`)
  }

  async #send(response: ServerResponse, answer: Answer, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { badJson, limitBytes, sliceBytes } = this.#faults.state
    let body = Buffer.from(answer.body)
    if (badJson) body = body.subarray(0, Math.ceil(body.length / 2))
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
}
