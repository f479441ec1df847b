import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Faults } from '../faults.ts'
import type { TcpTarget } from '../tcp-proxy.ts'
import { openSqlHttp } from './sql-http.ts'
import { openWebSocketGate } from './websocket.ts'

export interface PostgresProxyOptions {
  /** 0 = any free one. @default 0 */
  port?: number
  /** The Postgres server. */
  target: TcpTarget
  /** Absent: the proxy adds none. */
  faults?: Faults
  log?: (line: string) => void
}

export interface PostgresProxy {
  port: number
  /** `http://127.0.0.1:port`, without a path. */
  url: string
  /** Drops every connection and frees the port. Idempotent. */
  close(): Promise<void>
  /** How many WebSocket clients are connected to Postgres. */
  connectionCount(): number
}

/**
 * Starts an HTTP server on 127.0.0.1 through which the Neon driver reaches a plain Postgres: its Pool and Client by
 * WebSocket (`/v2`, and any other path), its `neon()` by `POST /sql`.
 */
export async function startPostgresProxy(options: PostgresProxyOptions): Promise<PostgresProxy> {
  const { port = 0, target, faults = new Faults(), log = () => undefined } = options
  /** Those that speak HTTP; one that has become a WebSocket is the gate's. */
  const sockets = new Set<Socket>()
  const gate = openWebSocketGate(target, faults, log)
  const sql = openSqlHttp(target, faults, log)

  const server = createServer({ noDelay: true }, (request, response) => {
    if (new URL(request.url ?? '/', 'http://localhost').pathname !== '/sql') {
      response.writeHead(404).end()
      return
    }
    sql.serve(request, response).catch((error) => {
      log(`SQL over HTTP: ${error}`)
      response.destroy()
    })
  })
  server.on('connection', (socket) => {
    if (faults.state.refuse) {
      socket.resetAndDestroy()
      return
    }
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (request, socket, head) => {
    // An http server's sockets are net sockets; the type allows for servers on other streams.
    sockets.delete(socket as Socket)
    gate.upgrade(request, socket, head)
  })
  const stopListening = faults.onCut(() => {
    for (const socket of sockets) socket.resetAndDestroy()
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const bound = (server.address() as AddressInfo).port
  const closed = once(server, 'close')

  let closing: Promise<void> | undefined
  const close = async () => {
    stopListening()
    server.close()
    gate.close()
    for (const socket of sockets) socket.destroy()
    await closed
    await sql.close()
  }
  return {
    port: bound,
    url: `http://127.0.0.1:${bound}`,
    close: () => {
      closing ??= close()
      return closing
    },
    connectionCount: gate.connectionCount,
  }
}
