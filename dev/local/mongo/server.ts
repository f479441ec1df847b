import { createServer } from 'node:net'
import { listen } from '../listen.ts'
import { AccessControl, AUTHENTICATION_DATABASE, type MongoUser } from './access-control.ts'
import type { ServerState } from './commands/context.ts'
import { ClientConnection } from './connection.ts'
import { Cursors } from './cursors.ts'
import { FailPoints } from './failpoints.ts'
import { Store } from './store/store.ts'
import { TtlMonitor } from './ttl.ts'

interface MongoOptions {
  /** 0 or absent: any free port. */
  port?: number
  /** The data directory; without one everything is in memory. */
  dir?: string
  /** With one the server is as mongod with `--auth`. Absent: everybody may do everything. */
  user?: MongoUser
  /** Whether serverStatus says how many more connections there may be, as mongod does and others do not. @default true */
  tellsAvailable?: boolean
  log?: (line: string) => void
}

export interface MongoServer {
  readonly port: number
  /** For MongoClient: `mongodb://127.0.0.1:<port>`, with the user where there is one. */
  readonly url: string
  connectionCount(): number
  /** Ends everything; what was acknowledged is in the data directory then. */
  close(): Promise<void>
}

/**
 * Starts a server that speaks MongoDB's wire protocol on 127.0.0.1, for development and tests where no mongod can be
 * had. It is a standalone server: no replica set, no transactions, no change streams, no server-side JavaScript.
 * Throws if the port or the data directory is in use, or the user's name or password not printable ASCII.
 */
export async function startMongo(options: MongoOptions): Promise<MongoServer> {
  const log = options.log ?? (() => undefined)
  const { user } = options
  const access = user && (await AccessControl.open(user))
  const store = await Store.open(options.dir, log)
  const connections = new Set<ClientConnection>()
  const state: ServerState = {
    store,
    access,
    cursors: new Cursors(),
    failPoints: new FailPoints(),
    ttl: new TtlMonitor(store),
    startedAt: Date.now(),
    connections,
    totalCreated: 0,
    tellsAvailable: options.tellsAvailable ?? true,
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
    await store.close()
    throw error
  }
  state.ttl.start()

  const closeAll = async () => {
    state.ttl.stop()
    const stopped = new Promise<void>((resolve) => server.close(() => resolve()))
    const clients = [...connections].map(({ closed }) => closed)
    for (const connection of connections) connection.destroy()
    await Promise.all([stopped, ...clients])
    state.cursors.close()
    await store.close()
  }
  let closing: Promise<void> | undefined
  return {
    port: state.port,
    url: urlOf(state.port, user),
    connectionCount: () => connections.size,
    close: () => {
      closing ??= closeAll()
      return closing
    },
  }
}

function urlOf(port: number, user: MongoUser | undefined): string {
  if (!user) return `mongodb://127.0.0.1:${port}`
  const credentials = [user.name, user.password].map(encodeURIComponent).join(':')
  return `mongodb://${credentials}@127.0.0.1:${port}/?authSource=${AUTHENTICATION_DATABASE}`
}
