/**
 * The WebSocket that Postgres traffic goes through. The Neon driver writes a statement in five pieces and can join
 * them, but only behind a timer: that costs every statement up to a millisecond, and the farewell of a connection is
 * sent after its socket was closed, which throws where nobody can catch it. Here the pieces of one turn of the event
 * loop leave together at its end, `close` sends what is left first, and what comes after `close` is dropped.
 */
export class PostgresSocket extends WebSocket {
  #pieces: Uint8Array[] = []

  override send(piece: Uint8Array): void {
    if (this.readyState !== WebSocket.OPEN) return
    this.#pieces.push(piece)
    if (this.#pieces.length === 1) queueMicrotask(() => this.#flush())
  }

  override close(code?: number, reason?: string): void {
    this.#flush()
    super.close(code, reason)
  }

  #flush(): void {
    const pieces = this.#pieces
    if (pieces.length === 0 || this.readyState !== WebSocket.OPEN) return
    this.#pieces = []
    super.send(pieces.length === 1 && pieces[0] ? pieces[0] : joined(pieces))
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
