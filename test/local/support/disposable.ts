/** For `await using`: closes a server at the end of the block. */
export function disposable<T extends { close(): Promise<void> }>(server: T): T & AsyncDisposable {
  return { ...server, [Symbol.asyncDispose]: () => server.close() }
}
