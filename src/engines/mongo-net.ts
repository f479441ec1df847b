import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { largeReads } from './mongo-reads.ts'

/** What the MongoDB driver gets as `net` (wrangler.toml, alias): sockets that read more at a time. */
export * from 'node:net'

export function createConnection(options: NetConnectOpts): Socket {
  const socket: Socket = connect({ ...options, onread: largeReads(() => socket) })
  return socket
}
