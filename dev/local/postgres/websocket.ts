import type { IncomingMessage } from 'node:http'
import { BlockList, isIPv6 } from 'node:net'
import type { Duplex } from 'node:stream'
import { createWebSocketStream, WebSocketServer } from 'ws'
import type { Faults } from '../faults.ts'
import { type PipedConnection, pipe } from '../pipe.ts'
import { connectTo, type TcpTarget } from '../tcp-proxy.ts'

/** WebSocket connections carried on to a TCP server. */
interface WebSocketGate {
  /** Answers an upgrade request: with a connection to the target, or with an HTTP error. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
  /** How many clients are connected to the target. */
  connectionCount(): number
  close(): void
}

/** Opens a gate to `target`, or to the loopback address that a request asks for with `?address=host:port`. */
export function openWebSocketGate(
  target: TcpTarget,
  faults: Faults,
  log: (line: string) => void,
): WebSocketGate {
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
      const upstream = await connectTo(findTarget(request, target))
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

class ForbiddenAddress extends Error {
  override name = 'ForbiddenAddress'
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Neon's own proxies are told where to connect by `?address=`. Here that must not lead off this machine. */
function findTarget(request: IncomingMessage, target: TcpTarget): TcpTarget {
  const address = new URL(request.url ?? '/', 'ws://localhost').searchParams.get('address')
  if (address === null) return target
  const url = URL.parse(`tcp://${address}`)
  const host = url?.hostname.replace(/^\[(.*)\]$/, '$1') ?? ''
  const port = Number(url?.port)
  const ip = host === 'localhost' ? '127.0.0.1' : host
  if (!LOOPBACK.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4') || !(port > 0)) {
    throw new ForbiddenAddress(`address ${JSON.stringify(address)} is not a port of a loopback address`)
  }
  return { host: ip, port }
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
