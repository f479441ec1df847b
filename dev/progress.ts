/** Tells on standard error what is going on and how long it has taken, so that standard output stays for results. */
export function progress(): (line: string) => void {
  const started = performance.now()
  return (line) => {
    const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(5)
    process.stderr.write(`${seconds} s  ${line}\n`)
  }
}
