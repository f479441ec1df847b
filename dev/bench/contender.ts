/** One of those that are measured against each other. */
export interface Contender {
  readonly name: string
  readonly url: string
  readonly headers: Record<string, string>
  /** What it answers. */
  readonly body: string
  /** And with which status. */
  readonly status: number
}

/** A contender that answers as it does now. */
export async function contender<Name extends string>(
  name: Name,
  url: string,
  headers: Record<string, string> = {},
  status = 200,
): Promise<Contender & { readonly name: Name }> {
  const answer = await fetch(url, { headers })
  const body = await answer.text()
  if (answer.status !== status) throw new Error(`${name} answered ${answer.status}: ${body}`)
  return { name, url, headers, body, status }
}
