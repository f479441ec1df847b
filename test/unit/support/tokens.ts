import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JWK } from 'jose'
import { type Config, parseConfig } from '../../../src/config.ts'

export const SECRET = 'the secret that signs, 32 or more'

/** A deployment that takes tokens. */
export function configWith(env: object): Config {
  const result = parseConfig({ DB_PRIMARY_DB_URL: 'postgres://app@db.test/app', ...env })
  if (!result.ok) throw new Error(JSON.stringify(result.faults))
  return result.config
}

export function seconds(fromNow: number): number {
  return Math.floor(Date.now() / 1000) + fromNow
}

export const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A request that carries `token`, and whatever else is given. */
export function bearing(
  token: string,
  url = 'https://rockpool.test/',
  headers: Record<string, string> = {},
): Request {
  return new Request(url, { headers: { authorization: `Bearer ${token}`, ...headers } })
}

/** A key set at an address of its own, as an identity provider has it. */
export async function serveKeys(keys: readonly JWK[]) {
  let requests = 0
  const server = createServer((_, response) => {
    requests++
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/keys`,
    requests: () => requests,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}
