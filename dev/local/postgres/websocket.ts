import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { createWebSocketStream, WebSocketServer } from 'ws'
import type { Faults } from '../faults.ts'
import { type PipedConnection, pipe } from '../pipe.ts'
import { connectTo, type TcpTarget } from '../tcp-proxy.ts'
import { ForbiddenAddress, type Reach } from './reach.ts'

/** WebSocket connections carried on to a TCP server. */
interface WebSocketGate {
  /** Answers an upgrade request: with a connection to the target, or with an HTTP error. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
  /** How many clients are connected to the target. */
  connectionCount(): number
  close(): void
}

/** Opens a gate to a proxy's own server, or to the one within its reach that a request asks for with `?address=host:port`. */
export function openWebSocketGate(reach: Reach, faults: Faults, log: (line: string) => void): WebSocketGate {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false })
  const connections = new Set<PipedConnection>()
  const pending = new Set<Duplex>()
  const dropPending = () => {
    for (const socket of pending) socket.destroy()
  }
  const stopListening = faults.onCut(dropPending)

  const upgrade: WebSocketGate['upgrade'] = async (request, socket, head) => {
    const departure = new AbortController()
    pending.add(socket)
    socket.once('close', () => departure.abort())
    // It is followed by a close, and that is what counts.
    socket.on('error', () => undefined)
    try {
      await faults.untilPassable(departure.signal)
      const upstream = await connectTo(findTarget(request, reach))
      if (socket.destroyed) return void upstream.destroy()
      server.handleUpgrade(request, socket, head, (webSocket) => {
        const connection = pipe({
          client: createWebSocketStream(webSocket),
          server: upstream,
          faults,
          reset: () => webSocket.terminate(),
          isHalfCloseable: false,
          handshakes: 2,
        })
        connections.add(connection)
        connection.closed.then(() => connections.delete(connection))
      })
    } catch (error) {
      if (departure.signal.aborted) return
      log(`no WebSocket connection: ${error instanceof Error ? error.message : error}`)
      refuse(socket, error instanceof ForbiddenAddress ? '403 Forbidden' : '502 Bad Gateway')
    } finally {
      pending.delete(socket)
    }
  }

  return {
    upgrade,
    connectionCount: () => connections.size,
    close: () => {
      stopListening()
      dropPending()
      for (const connection of connections) connection.cut()
    },
  }
}

/** Neon's own proxies are told where to connect by `?address=`. */
function findTarget(request: IncomingMessage, reach: Reach): TcpTarget {
  const address = new URL(request.url ?? '/', 'ws://localhost').searchParams.get('address')
  if (address === null) return reach.target
  const url = URL.parse(`tcp://${address}`)
  return reach.find(url?.hostname ?? '', Number(url?.port))
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
