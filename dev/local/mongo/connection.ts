import type { Socket } from 'node:net'
import type { ClientState, ServerState } from './commands/context.ts'
import { type Answer, errorAnswer, runCommand } from './commands/dispatch.ts'
import type { Doc } from './values/codec.ts'
import { FrameSplitter } from './wire/frames.ts'
import { buildReply, ProtocolError, parseMessage, type Request } from './wire/message.ts'

/** One client: its messages are run one after the other and answered in their order. */
export class ClientConnection implements ClientState {
  readonly id: number
  readonly remote: string
  appName: string | undefined
  user: string | undefined
  authentication: ClientState['authentication']
  running: ClientState['running']
  /** Resolves when the socket is closed. */
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #server: ServerState
  readonly #frames = new FrameSplitter()
  readonly #abort = new AbortController()
  #queue: Buffer[] = []

  constructor(socket: Socket, id: number, server: ServerState) {
    this.id = id
    this.remote = `${socket.remoteAddress}:${socket.remotePort}`
    this.#socket = socket
    this.#server = server
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('drain', () => socket.resume())
    // A client that goes away without a goodbye is no event; 'close' follows.
    socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#abort.abort()
        resolve()
      })
    })
  }

  get closing(): AbortSignal {
    return this.#abort.signal
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #receive(chunk: Buffer): void {
    try {
      this.#queue.push(...this.#frames.push(chunk))
    } catch (error) {
      this.#refuse(error)
      return
    }
    if (!this.running) this.#next()
  }

  #next(): void {
    for (let message = this.#queue.shift(); message; message = this.#queue.shift()) {
      let request: Request
      try {
        request = parseMessage(message)
      } catch (error) {
        this.#refuse(error)
        return
      }
      const answer = runCommand(request, this, this.#server)
      if (answer instanceof Promise) {
        answer.then((later) => {
          this.#answer(request, later)
          this.#next()
        })
        return
      }
      this.#answer(request, answer)
    }
  }

  #answer(request: Request, answer: Answer): void {
    this.running = undefined
    if (this.#socket.destroyed) return
    if (answer === 'close') {
      this.#socket.destroy()
    } else if (!request.isOneWay && !this.#socket.write(this.#build(request, answer))) {
      // The client does not read: take nothing more from it until it does.
      this.#socket.pause()
    }
  }

  #build(request: Request, answer: Doc | Uint8Array): Buffer {
    try {
      return buildReply(request, answer)
    } catch (error) {
      // A stored document can hold what bson reads but will not write.
      return buildReply(request, errorAnswer(error, this.#server))
    }
  }

  /** Ends a connection that does not speak the protocol; the others go on. */
  #refuse(error: unknown): void {
    // A Buffer throws RangeError on a read beyond its end: the message was shorter than it said.
    if (!(error instanceof ProtocolError || error instanceof RangeError)) throw error
    this.#server.log(`connection ${this.id} closed: ${error.message}`)
    this.#queue = []
    this.#socket.destroy()
  }
}
