/**
 * Resolves at the first Ctrl-C, SIGTERM or closed terminal. A second one ends the process at once, for whoever does
 * not want to wait for an orderly end.
 */
export function untilStopped(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(130)
        asked = true
        resolve(signal)
      })
    }
  })
}
