import { createServer, type Socket } from 'node:net'
import { listen } from '../../../dev/local/listen.ts'

/** A TCP server that is no database, to look at the bytes. */
export interface TcpTarget extends AsyncDisposable {
  readonly port: number
  /** The connections that are open. */
  readonly sockets: ReadonlySet<Socket>
}

export async function startTcpTarget(onConnection: (socket: Socket) => void): Promise<TcpTarget> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  return {
    port: await listen(server, 0),
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Writes that many bytes as fast as the other side takes them, then ends. Tells `onWrite` how many it has written. */
export function pour(socket: Socket, total: number, onWrite: (written: number) => void): void {
  const chunk = Buffer.alloc(64 * 1024, 7)
  let written = 0
  const write = () => {
    while (written < total) {
      written += chunk.length
      onWrite(written)
      if (!socket.write(chunk)) return void socket.once('drain', write)
    }
    socket.end()
  }
  write()
}
