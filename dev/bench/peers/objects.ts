import { DurableObject } from 'cloudflare:workers'
import { type Client, openClient } from './client.ts'
import type { PeerEnv } from './env.ts'
import { moduleClient } from './module-client.ts'

/** Keeps a client of its own. */
export class Keeper extends DurableObject<PeerEnv> {
  #client: Client | undefined

  override async fetch(request: Request): Promise<Response> {
    this.#client ??= openClient(await request.text(), this.env)
    return new Response(await this.#client.connection())
  }
}

/** Shares the client of the isolate with the other objects in it. */
export class Sharer extends DurableObject<PeerEnv> {
  override async fetch(request: Request): Promise<Response> {
    return new Response(await moduleClient(await request.text(), this.env).connection())
  }
}

/** Answers at once. */
export class Hop extends DurableObject<PeerEnv> {
  override fetch(): Response {
    return new Response('nothing')
  }
}
