import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Faults } from '../faults.ts'

/** Applies the faults of a network to an HTTP server's connections and answers. */
export class FaultGate {
  readonly #faults: Faults
  readonly #sockets = new Set<Socket>()
  readonly #closing = new AbortController()
  readonly #endCut: () => void

  constructor(faults: Faults, server: Server) {
    this.#faults = faults
    server.on('connection', (socket) => this.#accept(socket))
    this.#endCut = faults.onCut(() => this.#reset())
  }

  /** Lets go of everything held; idempotent. */
  close(): void {
    this.#endCut()
    this.#closing.abort()
  }

  /** Holds a request, or the answer to it, while nothing passes. */
  async untilOpen(): Promise<void> {
    while (this.#faults.state.blackhole && !this.#closing.signal.aborted) await this.#change()
  }

  /** The latency of the way back. */
  async delay(): Promise<void> {
    const delayMs = this.#faults.drawDelayMs()
    if (delayMs <= 0) return
    try {
      await sleep(delayMs, undefined, { signal: this.#closing.signal })
    } catch (error) {
      if (!this.#closing.signal.aborted) throw error
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

  #reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  /** The next change of the faults, or the end. */
  #change(): Promise<void> {
    return new Promise((done) => {
      const endChange = this.#faults.onChange(finish)
      this.#closing.signal.addEventListener('abort', finish, { once: true })
      const { signal } = this.#closing
      function finish(): void {
        endChange()
        signal.removeEventListener('abort', finish)
        done()
      }
    })
  }
}
