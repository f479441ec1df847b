import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { Faults } from './faults.ts'
import { listen } from './listen.ts'
import { type PipedConnection, pipe } from './pipe.ts'

export interface TcpTarget {
  host: string
  port: number
}

interface TcpProxyOptions {
  /** 0 = any free one. @default 0 */
  port?: number
  target: TcpTarget
  /** Absent: the proxy only passes bytes on. */
  faults?: Faults
}

export interface TcpProxy {
  port: number
  /** Drops every connection and frees the port. Idempotent. */
  close(): Promise<void>
  /** How many clients are connected to the target. */
  connectionCount(): number
}

/** Starts a TCP proxy on 127.0.0.1 that meets the client with the given faults. */
export async function startTcpProxy(options: TcpProxyOptions): Promise<TcpProxy> {
  const { port = 0, target, faults = new Faults() } = options
  const clients = new Set<Socket>()
  const connections = new Set<PipedConnection>()
  // Half-open, so that a client which has said all it has to say can still read the answer.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, async (client) => {
    if (faults.state.refuse) {
      client.resetAndDestroy()
      return
    }
    clients.add(client)
    client.once('close', () => clients.delete(client))
    // A client may be gone before the target has answered; its close is what counts.
    client.on('error', () => undefined)
    const reset = () => client.resetAndDestroy()
    try {
      const connection = pipe({
        client,
        server: await connectTo(target),
        faults,
        reset,
        isHalfCloseable: true,
        handshakes: 1,
      })
      connections.add(connection)
      connection.closed.then(() => connections.delete(connection))
    } catch {
      // The target refuses us, so we refuse the client: it sees what it would see without the proxy.
      reset()
    }
  })
  const bound = await listen(server, port)
  const closed = once(server, 'close')
  return {
    port: bound,
    close: async () => {
      if (server.listening) server.close()
      for (const connection of connections) connection.cut()
      for (const client of clients) client.destroy()
      await closed
    },
    connectionCount: () => connections.size,
  }
}

/** Opens a connection to the target, without delay for small packets. */
export async function connectTo(target: TcpTarget): Promise<Socket> {
  const socket = connect({ ...target, allowHalfOpen: true, noDelay: true })
  await once(socket, 'connect')
  return socket
}
