import type { Context, TypedResponse } from 'hono'
import type { JSONParsed } from 'hono/utils/types'
import type { ReadName } from '../consistency.ts'
import type { Connection } from '../engines/connection.ts'
import { Problem } from '../problem.ts'
import type { CacheQuery, RouteCache, RouteEnv } from './bindings.ts'
import { isKnown } from './etag.ts'
import { consistencyOf, readAs } from './read.ts'

/** Keeps nothing, for where a tenant's requests run in many places at once and none hears of the others' writes. */
export const NO_CACHE: RouteCache = {
  read: async (_, load) => ({ body: await load(), outcome: 'bypass', ageMs: 0 }),
  write: (_, work) => work(),
}

/** What is asked for: the name of the read, and where its answer is kept. */
export interface CachedQuery extends Omit<CacheQuery, 'fresh'> {
  readonly name: ReadName
}

/** What a handler has found: the answer, and which version of the resource it is, if that has one. */
export interface Found<T> {
  readonly answer: T
  readonly etag?: string
}

/**
 * Answers with what `work` reads, as JSON, or with what it read for an earlier request. `X-Cache` says which, and `Age`
 * how many seconds ago it was read. A caller whose `If-None-Match` names it as it is gets 304. `Cache-Control: no-cache` asks for a reading of its own. An eventual read is never
 * kept: from a replica it may be older than a write that was acknowledged. `work` changes nothing and may run twice.
 * @param missing what is thrown when `work` finds nothing
 */
export async function cached<T extends object>(
  c: Context<RouteEnv>,
  { name, ...query }: CachedQuery,
  work: (connection: Connection) => Promise<Found<T> | undefined>,
  missing: () => Problem = () => new Problem('not_found'),
): Promise<Response & TypedResponse<JSONParsed<T>, 200, 'json'>> {
  const consistency = consistencyOf(c, name)
  let own: { readonly etag: string; readonly json: string } | undefined
  const load = async () => {
    const found = await readAs(c, consistency, work)
    if (!found) throw missing()
    own = { etag: found.etag ?? '', json: JSON.stringify(found.answer) }
    return encode(own)
  }
  const fresh = asksForFresh(c.req.header('cache-control') ?? '')
  const { body, outcome, ageMs } =
    consistency === 'eventual'
      ? await NO_CACHE.read({ ...query, fresh }, load)
      : await c.env.cache.read({ ...query, fresh }, load)
  // What was read for this very request need not be decoded.
  const { etag, json } = own ?? decode(body)
  const headers = {
    'content-type': 'application/json',
    'x-cache': outcome,
    age: String(Math.floor(ageMs / 1000)),
    ...(etag !== '' && { etag }),
  }
  if (isKnown(etag, c.req.header('if-none-match'))) {
    const { 'content-type': _, ...unchanged } = headers
    return new Response(null, { status: 304, headers: unchanged }) as Response &
      TypedResponse<JSONParsed<T>, 200, 'json'>
  }
  return new Response(json, { headers }) as Response & TypedResponse<JSONParsed<T>, 200, 'json'>
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const NEWLINE = 10

/** An answer as it is sent. */
interface Kept {
  /** Empty where the resource has none. */
  readonly etag: string
  readonly json: string | Uint8Array<ArrayBuffer>
}

/** One text for both, the ETag in the first line: what is kept are bytes. */
function encode({ etag, json }: { readonly etag: string; readonly json: string }): Uint8Array {
  return encoder.encode(`${etag}\n${json}`)
}

function decode(body: Uint8Array): Kept {
  const end = body.indexOf(NEWLINE)
  return { etag: decoder.decode(body.subarray(0, end)), json: new Uint8Array(body.subarray(end + 1)) }
}

/** Whether the request's `Cache-Control` has the directive `no-cache` (RFC 9111 section 5.2.1.4). */
function asksForFresh(directives: string): boolean {
  return directives.split(',').some((directive) => directive.trim().toLowerCase() === 'no-cache')
}
