import type { Load } from './load.ts'
import { usageOf } from './process-usage.ts'

/** One of those that are measured against each other. */
export interface Contender {
  readonly name: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** What it answers. */
  readonly body: string
  /** And with which status. */
  readonly status: number
  /** How many requests a round has; absent: as many as it answers in the time of one. */
  readonly requests?: number
  /** Of the process that answers, whose processor time counts with that of all that it has started. */
  readonly pid: number | undefined
}

/** What runs somewhere and answers requests. */
export interface Server {
  readonly url: string
  readonly pid: number | undefined
}

/** @returns a contender that answers as it does now, which has to be with `status` */
export async function contender<Name extends string>(
  name: Name,
  server: Server,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): Promise<Contender & { readonly name: Name }> {
  const url = `${server.url}${path}`
  const answer = await fetch(url, { headers })
  const body = await answer.text()
  if (answer.status !== status) throw new Error(`${name} answered ${answer.status}: ${body}`)
  return { name, url, headers, body, status, pid: server.pid }
}

/** What the load generator has to know of one. */
export function loadOf({
  url,
  headers,
  body,
  status,
}: Contender): Pick<Load, 'url' | 'headers' | 'body' | 'status'> {
  return { url, headers, body, status }
}

/** Processor time so far in s, where the system tells. */
export async function cpuSecondsOf({ pid }: Contender): Promise<number | undefined> {
  return (await usageOf(pid))?.cpuSeconds
}
