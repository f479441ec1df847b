import { type Client, openClient } from './client.ts'
import type { PeerEnv } from './env.ts'

let client: Client | undefined

/** The client of this isolate, in a module-level variable, as one would keep it in a server of one's own. */
export function moduleClient(engine: string, env: PeerEnv): Client {
  client ??= openClient(engine, env)
  return client
}
