import { once } from 'node:events'
import { createServer } from 'node:http'
import { Faults } from '../faults.ts'
import { HttpFaults } from '../http-faults.ts'
import { listen } from '../listen.ts'
import type { TcpTarget } from '../tcp-proxy.ts'
import { Reach } from './reach.ts'
import { openSqlHttp } from './sql-http.ts'
import { openWebSocketGate } from './websocket.ts'

interface PostgresProxyOptions {
  /** 0 = any free one. @default 0 */
  port?: number
  target: TcpTarget
  /** Servers that it leads to beside its target and the ports of this machine. */
  others?: readonly TcpTarget[]
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
  const server = createServer({ noDelay: true })
  const http = new HttpFaults(faults, server)
  const reach = new Reach(target, options.others)
  const gate = openWebSocketGate(reach, faults, log)
  const sql = openSqlHttp(reach, http, log)

  server.on('request', (request, response) => {
    if (new URL(request.url ?? '/', 'http://localhost').pathname !== '/sql') {
      response.writeHead(404).end()
      return
    }
    sql.serve(request, response).catch((error) => {
      log(`SQL over HTTP: ${error}`)
      response.destroy()
    })
  })
  server.on('upgrade', (request, socket, head) => {
    // It is the gate's from now on.
    http.release(request.socket)
    gate.upgrade(request, socket, head)
  })
  const bound = await listen(server, port)
  const closed = once(server, 'close')

  let closing: Promise<void> | undefined
  const close = async () => {
    server.close()
    http.close()
    gate.close()
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
