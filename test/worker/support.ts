import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { expect } from 'vitest'
import worker from '../../src/index.ts'
import { TENANTS_PER_FILE } from '../support/tenants-per-file.ts'
import { conformance } from './conformance.ts'

/** Variables that only tests have; see test/support/stack-setup.ts. */
declare global {
  namespace Cloudflare {
    interface GlobalProps {
      mainModule: typeof import('./worker.ts')
      durableNamespaces: 'PoolHost' | 'Ledger' | 'Meter' | 'PasswordHasher'
    }
    interface Env {
      POOL_HOST: DurableObjectNamespace<import('../../src/index.ts').PoolHost>
      LEDGER: DurableObjectNamespace<import('../../src/index.ts').Ledger>
      METER: DurableObjectNamespace<import('../../src/index.ts').Meter>
      PASSWORD_HASHER: DurableObjectNamespace<import('../../src/index.ts').PasswordHasher>
      ASSETS: Fetcher
      ADMIN_TOKEN: string
      JWT_SECRET: string
      STACK_CONTROL_URL: string
      /** Every file of these tests, so that each has tenants of its own. */
      TEST_FILES: string
      DB_PRIMARY_DB_URL: string
      MONGODB_URI: string
      UPSTASH_REDIS_REST_URL: string
      UPSTASH_REDIS_REST_TOKEN: string
    }
  }
}

export interface Answer<Body = Record<string, unknown>> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

/** Sends a request to the Worker under test. Its answer must be one that the OpenAPI document describes. */
export async function send<Body = Record<string, unknown>>(
  path: string,
  init: RequestInit = {},
): Promise<Answer<Body>> {
  const response = await exports.default.fetch(`http://rockpool.test${path}`, init)
  return answerOf<Body>(path, init.method ?? 'GET', response)
}

/** Sends a request of a tenant, with a JSON body if one is given. */
export function as<Body = Record<string, unknown>>(
  tenant: string,
  path: string,
  method = 'GET',
  body?: unknown,
) {
  return send<Body>(path, {
    method,
    headers: { 'x-user-id': tenant, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

/** Sends a request with the admin token, with a JSON body if one is given. */
export function asAdmin<Body = Record<string, unknown>>(path: string, method = 'GET', body?: unknown) {
  return send<Body>(path, {
    method,
    headers: {
      authorization: `Bearer ${env.ADMIN_TOKEN}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

/** How long a test waits for what a request leaves behind: counts are delivered seconds later. */
const SETTLE_MS = 200

/** The Worker under test with other settings: the edge decides where a tenant runs, hosts do as they are told. */
export function workerWith(variables: Record<string, string>) {
  const settings = { ...env, ...variables }
  return async <Body = Record<string, unknown>>(
    path: string,
    headers: Record<string, string>,
    { method = 'GET', body }: { method?: string; body?: unknown } = {},
  ) => {
    const context = createExecutionContext()
    const request = new Request(`http://rockpool.test${path}`, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const response = await worker.fetch(request, settings, context)
    await Promise.race([waitOnExecutionContext(context), scheduler.wait(SETTLE_MS)])
    return answerOf<Body>(path, method, response)
  }
}

async function answerOf<Body>(path: string, method: string, response: Response): Promise<Answer<Body>> {
  const { status, headers } = response
  const text = await response.text()
  const type = headers.get('content-type') ?? ''
  const body = text === '' ? {} : /\bjson\b/.test(type) ? JSON.parse(text) : text
  if (text !== '') conformance.expect({ method, path }, { status, type, body })
  return { status, headers, body }
}

/** Headers of the admin, and of a tenant. */
export const ADMIN = { authorization: `Bearer ${env.ADMIN_TOKEN}` }
export const headersOf = (tenant: string) => ({ 'x-user-id': tenant })

/** The password of `withWrongPassword`: a word to look for. */
export const WRONG_PASSWORD = 'marked-wrong-password'

/** A connection string with a password that its server does not know; without a user, one of those too. */
export function withWrongPassword(url: string): string {
  return url.replace(
    /^([\w+]+:\/\/)(?:([^/@:]*)(?::[^/@]*)?@)?/,
    (_, scheme: string, user = 'rockpool') => `${scheme}${user}:${WRONG_PASSWORD}@`,
  )
}

/** The services of the local stack that have a proxy in front of them. */
const SERVICES = ['postgres', 'replica', 'mongo', 'redis'] as const
type Service = (typeof SERVICES)[number]

/** Tells the proxy in front of a service how to fail; see dev/local/control.ts. */
export async function setFault(service: Service, faults: Record<string, unknown>): Promise<void> {
  await control(service, { method: 'PUT', body: JSON.stringify(faults) })
}

export async function clearFaults(): Promise<void> {
  for (const service of SERVICES) await control(service, { method: 'DELETE' })
}

/** Drops every live connection of a service. */
export async function cut(service: Service): Promise<void> {
  await control(`${service}/cut`, { method: 'POST' })
}

async function control(path: string, init: RequestInit): Promise<void> {
  const response = await fetch(`${env.STACK_CONTROL_URL}/${path}`, init)
  if (response.status !== 204) throw new Error(`${path}: ${await response.text()}`)
}

/** Asks until `check` is satisfied with the answer, and returns it. */
export async function until<T>(
  ask: () => Promise<T>,
  check: (answer: T) => boolean,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (check(answer)) return answer
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms; last: ${JSON.stringify(answer)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Begins what takes up to `ms` where every count of it falls into one window of `windowMs`, as limits count them. */
export async function withinOneWindow(ms: number, windowMs: number): Promise<void> {
  const left = windowMs - (Date.now() % windowMs)
  if (left < ms) await new Promise((resolve) => setTimeout(resolve, left + 50))
}

/** The same for limits of a minute. */
export function withinOneMinute(ms = 6_000): Promise<void> {
  return withinOneWindow(ms, 60_000)
}

/** A tenant id that nobody has enrolled. */
export function unknownTenant(): string {
  return `dir-${crypto.randomUUID()}`
}

let tenants = 0

/** A tenant id that no other test of this run uses; see test/support/stack-setup.ts. */
export function newTenant(engine: 'postgres' | 'mongo'): string {
  const n = tenants++
  if (engine === 'mongo') return `mg-${Date.now().toString(36)}-${n}`
  if (n >= TENANTS_PER_FILE) throw new Error(`this file uses more than ${TENANTS_PER_FILE} tenants`)
  const files: readonly string[] = JSON.parse(env.TEST_FILES)
  const path = expect.getState().testPath ?? ''
  return `pg-${files.findIndex((file) => path.endsWith(`/test/worker/${file}`)) * TENANTS_PER_FILE + n}`
}

export const ENGINES = ['postgres', 'mongo'] as const
