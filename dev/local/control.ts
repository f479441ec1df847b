import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import type { FaultState, Faults } from './faults.ts'
import { listen } from './listen.ts'

/** The switch of the proxies' faults for those who run in another process, such as tests inside workerd. */
export interface Control {
  readonly url: string
  close(): Promise<void>
}

/**
 * `PUT /<service>` sets faults (JSON, see FaultState), `DELETE /<service>` clears them, `POST /<service>/cut` drops
 * every live connection. Answers 204, or 400 with what is wrong.
 */
export async function startControl(services: Readonly<Record<string, Faults>>): Promise<Control> {
  const server = createServer(async (request, response) => {
    try {
      const [, name = '', action] = (request.url ?? '').split('/')
      const faults = services[name]
      if (!faults) throw new Error(`no service ${name}`)
      if (request.method === 'PUT') faults.set((await json(request)) as Partial<FaultState>)
      else if (request.method === 'DELETE') faults.clear()
      else if (request.method === 'POST' && action === 'cut') faults.cut()
      else throw new Error('PUT, DELETE, or POST …/cut')
      response.writeHead(204).end()
    } catch (error) {
      response.writeHead(400).end(error instanceof Error ? error.message : 'bad request')
    }
  })
  const port = await listen(server, 0)
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
