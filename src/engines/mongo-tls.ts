import { type ConnectionOptions, connect as connectSecurely, type TLSSocket } from 'node:tls'
import { largeReads } from './mongo-reads.ts'

/** What the MongoDB driver gets as `tls` (wrangler.toml, alias): sockets that read more at a time. */
export * from 'node:tls'

export function connect(options: ConnectionOptions): TLSSocket {
  // As `net.connect` has it; for `tls` it is documented and missing in the types (nodejs.org/api/tls.html, tls.connect).
  const reading: object = { onread: largeReads(() => socket) }
  const socket: TLSSocket = connectSecurely({ ...options, ...reading })
  return socket
}
