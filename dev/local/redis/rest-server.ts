import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Faults } from '../faults.ts'
import { type Answer, HttpFaults } from '../http-faults.ts'
import { listen } from '../listen.ts'
import type { Backend } from './backend.ts'
import { readTarget } from './rest-request.ts'
import { errorAnswer, RestService } from './rest-service.ts'

/** Upstash's largest request on its paid plans (https://upstash.com/docs/redis/troubleshooting/max_request_size_exceeded). */
export const LARGEST_REQUEST_BYTES = 10 * 1024 * 1024

/** Node's default of 5 s ends connections that a client is about to use again; Upstash keeps them for longer. */
const KEEP_ALIVE_MS = 75_000

interface RestServerOptions {
  readonly backend: Backend
  readonly token: string
  /** 0 = any free one. */
  readonly port: number
  readonly faults?: Faults
  readonly log: (line: string) => void
}

interface RestServer {
  readonly port: number
  /** Ends every connection; idempotent. */
  close(): Promise<void>
}

/** Serves Upstash's REST protocol on 127.0.0.1. @throws {Error} when the port is taken. */
export async function startRestServer(options: RestServerOptions): Promise<RestServer> {
  const { backend, token, port, log } = options
  const service = new RestService(backend, token)
  const server = createServer({ noDelay: true, keepAliveTimeout: KEEP_ALIVE_MS })
  const http = new HttpFaults(options.faults ?? new Faults(), server)
  const syncToken = randomUUID()

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', headers, url = '/' } = request
    const target = readTarget(url)
    const refused = service.refuseEarly(method, headers, target)
    // Before a black hole holds the request: what is carried out later has to be here, its client need not be.
    const body = refused ? undefined : await readBody(request)
    await http.answer(request, response, {
      work: async () => finish(request, refused ?? (await carryOut(body))),
      refuse: (status, message) => finish(request, errorAnswer(status, `ERR ${message}`)),
    })

    async function carryOut(body: Buffer | undefined): Promise<Answer> {
      if (!body)
        return errorAnswer(400, `ERR max request size exceeded. Limit: ${LARGEST_REQUEST_BYTES} bytes`)
      try {
        return await service.answer({ method, target, headers, body })
      } catch (error) {
        if (!response.destroyed) log(`a request failed: ${String(error)}`)
        return errorAnswer(500, `ERR ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }

  /** With the headers that every answer has. */
  function finish({ headers, complete }: IncomingMessage, answer: Answer): Answer {
    const sync = { 'upstash-sync-token': String(headers['upstash-sync-token'] || syncToken) }
    // A body that was not read to its end would be taken for the next request.
    return { ...answer, headers: { ...answer.headers, ...sync, ...(!complete && { connection: 'close' }) } }
  }

  server.on('request', (request, response) => {
    serve(request, response).catch((error) => {
      if (!response.destroyed) log(`an answer failed: ${String(error)}`)
      response.destroy()
    })
  })
  const bound = await listen(server, port)
  let closing: Promise<void> | undefined
  return {
    port: bound,
    close() {
      closing ??= new Promise((done, fail) => {
        server.close((error) => (error ? fail(error) : done()))
        http.close()
      })
      return closing
    },
  }
}

/** The whole body, or undefined when it is too large: then no more of it is read. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > LARGEST_REQUEST_BYTES) return undefined
  const chunks: Buffer[] = []
  let bytes = 0
  return new Promise((done, fail) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > LARGEST_REQUEST_BYTES) {
        request.pause()
        done(undefined)
      } else {
        chunks.push(chunk)
      }
    })
    request.once('end', () => done(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    request.once('error', fail)
    request.once('close', () => fail(new Error('the client went away')))
  })
}
