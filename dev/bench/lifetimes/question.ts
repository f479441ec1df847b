/** What came of one request. */
export interface Answer {
  /** `undefined`: none came in time. */
  readonly status: number | undefined
  readonly text: string
  readonly ms: number
}

/** Posts `body` and waits at most `limitMs` for the whole answer. */
export async function ask(url: string, body: string, limitMs: number): Promise<Answer> {
  const started = performance.now()
  const taken = () => performance.now() - started
  try {
    const response = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(limitMs) })
    return { status: response.status, text: await response.text(), ms: taken() }
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'TimeoutError')) throw error
    return { status: undefined, text: '', ms: taken() }
  }
}
