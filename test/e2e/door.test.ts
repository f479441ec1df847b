import { readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startStack } from '../../dev/local/stack.ts'
import { bundle } from '../../dev/local/worker/bundle.ts'
import { startWorkerd, type Workerd } from '../../dev/local/worker/workerd.ts'
import { localVariables } from '../../dev/variables.ts'
import { spelledHost, spelledMethod, spelledTarget } from '../support/spellings.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const TENANT = 'door'
const EMAIL = 'ada@acme.test'

const dir = temporaryFolder('door')
const closers = new AsyncDisposableStack()
let worker: Workerd
/** What the document lists: patterns as the log names them, and what recognises their paths. */
let documented: { readonly names: Set<string>; readonly patterns: readonly RegExp[] }

beforeAll(async () => {
  const stack = await startStack({ log: () => {} })
  closers.defer(() => stack.close())
  const { file } = await bundle(dir)
  worker = await startWorkerd({
    dir,
    file,
    variables: {
      ...localVariables(stack.variables),
      RATE_LIMITS: 'off',
      REGISTRATION: 'open',
      DEFAULT_ENGINE: 'postgres',
    },
  })
  closers.defer(() => worker.close())
  const { paths } = (await (await fetch(`${worker.url}/openapi.json`)).json()) as {
    paths: Record<string, unknown>
  }
  documented = {
    names: new Set([...Object.keys(paths).map((path) => path.replace(/\{(\w+)\}/g, ':$1')), 'unknown']),
    patterns: Object.keys(paths).map((path) => new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`)),
  }
  const registered = await fetch(`${worker.url}/api/v1/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tenant: TENANT, email: EMAIL, password: 'correct horse battery' }),
  })
  expect(registered.status).toBe(201)
})

afterAll(async () => {
  await closers.disposeAsync()
  rmSync(dir, { recursive: true, force: true })
})

/** Sends a request byte by byte as it is spelled, as the tenant itself; the answer's status and body. */
async function sendRaw(
  method: string,
  target: string,
  host: string,
): Promise<{ status: number; body: string }> {
  const body = JSON.stringify({ email: EMAIL })
  const socket = connect(Number(new URL(worker.url).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write(
    `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nX-User-ID: ${TENANT}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  )
  const answer = await text(socket)
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]), body: answer }
}

/** The routes of the request lines in the log, which workerd writes as text within a line of its own. */
function routesLogged(): string[] {
  const lines = readFileSync(worker.logFile, 'utf8').replaceAll('\\"', '"')
  return [...lines.matchAll(/"event":"request".*?"route":"([^"]*)"/g)].map(([, route = '']) => route)
}

const CRITICAL = [
  '/api/../internal/users/find',
  '/api/%2e%2e/internal/users/find',
  '/api/.%2e/internal/users/find',
  '/api/%2E%2E/internal/users/find',
  '/api/..\\internal\\users\\find',
  '/api\\..\\internal\\users\\find',
  '/api/posts/../../internal/users/find',
  '/api/%252e%252e/internal/users/find',
  '/api/..%2finternal/users/find',
  '/api/..;/internal/users/find',
  '/api//../internal/users/find',
  '/API/../internal/users/find',
  '//internal/users/find',
  '/internal/users/find',
  'http://127.0.0.1/api/../internal/users/find',
  'http://127.0.0.1/internal/users/find',
  '/./internal/users/find',
]

it.each(CRITICAL)('what only the edge may ask of a host cannot be asked for: %s', async (target) => {
  for (const method of ['POST', 'PUT', 'GET']) {
    const { status, body } = await sendRaw(method, target, 'rockpool.test')
    expect([400, 404, 405]).toContain(status)
    expect(body).not.toMatch(/scrypt|password_hash/)
  }
})

it('no spelling of a request reaches a route that the document does not list', async () => {
  await fc.assert(
    fc.asyncProperty(spelledMethod, spelledTarget, spelledHost, async (method, target, host) => {
      const { status, body } = await sendRaw(method, target, host)
      expect(status).toBeGreaterThanOrEqual(200)
      expect(status).toBeLessThan(500)
      expect(body).not.toMatch(/scrypt|password_hash/)
      if (status >= 300) return
      const path = URL.parse(target, 'http://rockpool.test')?.pathname ?? ''
      expect(documented.patterns.some((pattern) => pattern.test(decodeURI(path)))).toBe(true)
    }),
    { numRuns: 400 },
  )
  const others = routesLogged().filter((route) => !documented.names.has(route))
  expect(others).toEqual([])
  expect(routesLogged().length).toBeGreaterThan(100)
})

it.each(['h:99999', '[', 'a/b', 'h:x', 'a b'])(
  'a host that is none is refused before anything is asked: %s',
  async (host) => {
    const { status, body } = await sendRaw('GET', '/api/posts', host)
    expect(status).toBe(400)
    // The runtime refuses some by itself, in its own words.
    if (body.includes('problem+json')) expect(body).toContain('"code":"invalid_url"')
  },
)
