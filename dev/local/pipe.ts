import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FaultLine } from './fault-line.ts'
import type { Faults } from './faults.ts'

interface PipeOptions {
  client: Duplex
  server: Socket
  faults: Faults
  /** Drops the client without a goodbye. */
  reset: () => void
  /** Whether the client can end its own half and still read (TCP can, a WebSocket cannot). */
  isHalfCloseable: boolean
  /** Round trips that making a connection takes, and that a delay makes longer: TCP's own, a WebSocket's upgrade. */
  handshakes: number
}

/** A live connection from a client through a proxy to a server. */
export interface PipedConnection {
  /** Resolves when both sides are closed. Never rejects: what breaks one side is shown to the other by closing it. */
  closed: Promise<void>
  /** Drops both sides now. */
  cut(): void
}

/** Connects a client with a server, both ways, through the faults, with backpressure. */
export function pipe(options: PipeOptions): PipedConnection {
  const { client, server, faults, reset, isHalfCloseable, handshakes } = options
  const toServer = new FaultLine(faults, 'to-server', handshakes)
  const toClient = new FaultLine(faults, 'to-client')
  const streams = [client, server, toServer, toClient]
  let isLimited = false
  const cut = () => {
    // What a limit let through is still on its way to the client, and a reset could overtake it.
    if (isLimited) client.destroy()
    else reset()
    server.resetAndDestroy()
    for (const stream of streams) stream.destroy()
  }
  // Before the pipelines, which would end the other side politely: a reset of one side is a reset of both.
  for (const stream of streams) stream.on('error', cut)
  const stopListening = faults.onCut(cut)
  toClient.once('limit', () => {
    isLimited = true
    client.once('finish', () => server.destroy())
  })
  const requests = pipeline(client, toServer, server)
  const replies = pipeline(server, toClient, client)
  requests.catch(cut)
  replies.catch(cut)
  // Nobody is there to read the rest of the replies.
  if (!isHalfCloseable) requests.then(() => server.destroy(), cut)
  const closed = Promise.allSettled([requests, replies, whenClosed(client), whenClosed(server)]).then(
    stopListening,
  )
  return { closed, cut }
}

function whenClosed(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve()
    else stream.once('close', resolve)
  })
}
