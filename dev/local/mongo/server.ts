import { type AddressInfo, createServer, type Server } from 'node:net'
import type { ServerState } from './commands/context.ts'
import { ClientConnection } from './connection.ts'
import { Cursors } from './cursors.ts'
import { FailPoints } from './failpoints.ts'
import { Store } from './store/store.ts'
import { TtlMonitor } from './ttl.ts'

export interface MongoServerOptions {
  /** 0 or absent: any free port. */
  port?: number
  /** The data directory; without one everything is in memory. */
  dir?: string
  log?: (line: string) => void
}

export interface MongoServer {
  readonly port: number
  /** For MongoClient: `mongodb://127.0.0.1:<port>`. */
  readonly url: string
  /** Open client connections. */
  connectionCount(): number
  /** Cuts every client connection, as a server that crashes does. The server goes on. */
  dropConnections(): void
  /** Ends everything; what was acknowledged is in the data directory then. */
  close(): Promise<void>
}

/**
 * Starts a server that speaks MongoDB's wire protocol on 127.0.0.1, for development and tests where no mongod can be
 * had. It is a standalone server: no replica set, no transactions, no change streams, no server-side JavaScript.
 * Throws if the port or the data directory is in use.
 */
export async function startMongoServer(options: MongoServerOptions): Promise<MongoServer> {
  const log = options.log ?? (() => undefined)
  const store = Store.open(options.dir, log)
  const connections = new Set<ClientConnection>()
  const state: ServerState = {
    store,
    cursors: new Cursors(),
    failPoints: new FailPoints(),
    ttl: new TtlMonitor(store),
    startedAt: Date.now(),
    connections,
    totalCreated: 0,
    opcounters: { insert: 0, query: 0, update: 0, delete: 0, getmore: 0, command: 0 },
    port: 0,
    log,
  }
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = new ClientConnection(socket, ++state.totalCreated, state)
    connections.add(connection)
    socket.on('close', () => connections.delete(connection))
  })
  try {
    state.port = await listen(server, options.port ?? 0)
  } catch (error) {
    store.close()
    throw error
  }
  state.ttl.start()

  const dropConnections = () => {
    for (const connection of connections) connection.destroy()
  }
  const closeAll = async () => {
    state.ttl.stop()
    const stopped = new Promise<void>((resolve) => server.close(() => resolve()))
    const clients = [...connections].map(({ closed }) => closed)
    dropConnections()
    await Promise.all([stopped, ...clients])
    state.cursors.close()
    store.close()
  }
  let closing: Promise<void> | undefined
  return {
    port: state.port,
    url: `mongodb://127.0.0.1:${state.port}`,
    connectionCount: () => connections.size,
    dropConnections,
    close: () => {
      closing ??= closeAll()
      return closing
    },
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}
