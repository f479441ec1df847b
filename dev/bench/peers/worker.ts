import type { PeerEnv } from './env.ts'
import { moduleClient } from './module-client.ts'
import { documentsPerRequest } from './mongo.ts'
import { rowsPerRequest, rowsPerRequestByScram } from './postgres.ts'

export { Hop, Keeper, Sharer } from './objects.ts'
export { MongoTutorial, PostgresTutorial } from './tutorial.ts'

/** What a Worker can do without Rockpool, one path each; after those that read posts it says how many. */
export default {
  async fetch(request, env, ctx) {
    const [, way, name = ''] = new URL(request.url).pathname.split('/')
    try {
      switch (way) {
        case 'nothing':
          return new Response('nothing')
        case 'hop':
          return await env.HOP.getByName('hop').fetch(request)
        case 'postgres-per-request':
          return await rowsPerRequest(env, ctx, Number(name))
        case 'postgres-per-request-scram':
          return await rowsPerRequestByScram(env, ctx, Number(name))
        case 'mongo-per-request':
          return await documentsPerRequest(env, ctx, Number(name))
        case 'postgres-tutorial':
          return await env.POSTGRES_TUTORIAL.getByName(name).fetch(request)
        case 'mongo-tutorial':
          return await env.MONGO_TUTORIAL.getByName(name).fetch(request)
        case 'module':
          return new Response(await moduleClient(await request.text(), env).connection())
        case 'shared':
          return await env.SHARER.getByName(name).fetch(request)
        case 'kept':
          return await env.KEEPER.getByName(name).fetch(request)
        default:
          return new Response(null, { status: 404 })
      }
    } catch (error) {
      return new Response(error instanceof Error ? error.message : String(error), { status: 500 })
    }
  },
} satisfies ExportedHandler<PeerEnv>
