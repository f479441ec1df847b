import type { OnReadOpts, Socket } from 'node:net'

/** Bytes of a read that nothing is known of, as workerd's own: an idle connection keeps as much in memory. */
const LEAST = 4 * 1024
const MOST = 64 * 1024
const GROWTH = 4

/**
 * Has a socket of workerd read large answers in large pieces, and pass them on without a copy. By itself it reads 4 KiB at
 * a time, each a turn of the event loop, and copies them (workerd's src/node/internal/internal_net.ts, November 2026): over
 * a third of the processor time of a request for 200 KB. Who fills what was offered is offered more.
 */
export function largeReads(socket: () => Socket): OnReadOpts {
  let size = LEAST
  return {
    buffer: () => new Uint8Array(size),
    callback(length, bytes) {
      size = length === size ? Math.min(MOST, GROWTH * size) : LEAST
      // False when the reader has enough for now, which is what the socket wants to hear.
      return socket().push(bytes)
    },
  }
}
