import { type ApiDocument, Conformance } from './conformance.ts'

export interface Answer<Body> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

/** Sends a request; its JSON answer is held to the document. */
export type Ask = <Body = Record<string, unknown>>(path: string, init?: RequestInit) => Promise<Answer<Body>>

/** A client of a Worker that runs somewhere, which holds every answer to the document that this Worker serves. */
export async function clientOf(url: string): Promise<Ask> {
  const document = await fetch(`${url}/openapi.json`)
  const conformance = new Conformance((await document.json()) as ApiDocument)
  return async <Body>(path: string, init: RequestInit = {}) => {
    const answer = await fetch(url + path, init)
    const { status, headers } = answer
    const text = await answer.text()
    const body: unknown = text === '' ? {} : JSON.parse(text)
    const type = headers.get('content-type') ?? ''
    if (text !== '') conformance.expect({ method: init.method ?? 'GET', path }, { status, type, body })
    return { status, headers, body: body as Body }
  }
}
