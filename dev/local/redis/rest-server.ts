import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Faults } from '../faults.ts'
import type { Backend } from './backend.ts'
import { FaultGate } from './rest-faults.ts'
import { readTarget } from './rest-request.ts'
import { errorAnswer, type RestAnswer, RestService } from './rest-service.ts'

/** Upstash's largest request on its paid plans (https://upstash.com/docs/redis/troubleshooting/max_request_size_exceeded). */
export const LARGEST_REQUEST_BYTES = 10 * 1024 * 1024

/** Node's default of 5 s ends connections that a client is about to use again; Upstash keeps them for longer. */
const KEEP_ALIVE_MS = 75_000

export interface RestServerOptions {
  readonly backend: Backend
  readonly token: string
  /** 0 = any free one. */
  readonly port: number
  readonly faults?: Faults
  readonly log: (line: string) => void
}

export interface RestServer {
  readonly port: number
  /** Ends every connection; idempotent. */
  close(): Promise<void>
}

/** Serves Upstash's REST protocol on 127.0.0.1. @throws {Error} when the port is taken. */
export async function startRestServer(options: RestServerOptions): Promise<RestServer> {
  const { backend, token, port, log } = options
  const faults = options.faults ?? new Faults()
  const service = new RestService(backend, token)
  const server = createServer({ noDelay: true, keepAliveTimeout: KEEP_ALIVE_MS })
  const gate = new FaultGate(faults, server)
  const syncToken = randomUUID()

  async function answer(request: IncomingMessage): Promise<RestAnswer> {
    const method = request.method ?? 'GET'
    const target = readTarget(request.url ?? '/')
    const refused = service.refuseEarly(method, request.headers, target)
    const body = refused ? undefined : await readBody(request)
    // The whole request is here before a black hole holds it: once lifted it is carried out, though its client may
    // have given up by then, as happens to a request that was under way when a network broke.
    await gate.untilOpen()
    const { httpStatus } = faults.state
    if (httpStatus !== 0) return errorAnswer(httpStatus, `ERR injected fault: status ${httpStatus}`)
    if (refused) return refused
    if (!body) return errorAnswer(400, `ERR max request size exceeded. Limit: ${LARGEST_REQUEST_BYTES} bytes`)
    const answered = await service.answer({ method, target, headers: request.headers, body })
    return faults.state.badJson ? broken(answered) : answered
  }

  server.on('request', async (request, response) => {
    try {
      const given = await answer(request).catch((error: unknown) => {
        if (!response.destroyed) log(`a request failed: ${String(error)}`)
        return errorAnswer(500, `ERR ${error instanceof Error ? error.message : String(error)}`)
      })
      await gate.delay()
      await gate.untilOpen()
      send(request, response, given, String(request.headers['upstash-sync-token'] || syncToken))
    } catch (error) {
      log(`an answer failed: ${String(error)}`)
      response.destroy()
    }
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  let closing: Promise<void> | undefined
  return {
    port: portOf(server.address()),
    close() {
      closing ??= new Promise((done, fail) => {
        gate.close()
        server.close((error) => (error ? fail(error) : done()))
        server.closeAllConnections()
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

function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: RestAnswer,
  syncToken: string,
): void {
  if (response.destroyed) return
  // A body that was not read to its end would be taken for the next request.
  const connection = request.complete ? {} : { Connection: 'close' }
  response.writeHead(answer.status, {
    'Content-Type': answer.type,
    'Content-Length': answer.body.length,
    'Upstash-Sync-Token': syncToken,
    ...connection,
  })
  response.end(answer.body)
}

/** An answer that breaks off half way, as if a proxy had lost the rest. */
function broken(answer: RestAnswer): RestAnswer {
  return { status: 200, type: answer.type, body: answer.body.subarray(0, Math.ceil(answer.body.length / 2)) }
}

function portOf(address: ReturnType<ReturnType<typeof createServer>['address']>): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}
