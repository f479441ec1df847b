import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { edge } from '../../src/edge/app.ts'
import { routes } from '../../src/routes/app.ts'
import { conformance } from './conformance.ts'
import { send } from './support.ts'

interface Document {
  openapi: string
  paths: Record<string, Record<string, { summary?: string; responses: Record<string, unknown> }>>
}

const read = async () => (await send<Document>('/openapi.json')).body

/** Routes that tenants and the admin can call: `all` entries only pass requests on. */
function registered(): string[] {
  const all = [...edge.routes, ...routes.routes]
    .filter(({ method, path }) => method !== 'ALL' && !/^\/api\/test\//.test(path))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
  return [...new Set(all)].sort()
}

describe('the OpenAPI document', () => {
  it('has every route that is registered, and no other', async () => {
    const { openapi, paths } = await read()
    expect(openapi).toBe('3.1.0')
    const described = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(described.sort()).toEqual(registered())
    expect(described.length).toBeGreaterThan(30)
  })

  it('says of every route what it is for, and how it can be refused', async () => {
    const { paths } = await read()
    for (const [path, item] of Object.entries(paths)) {
      for (const [method, { summary, responses }] of Object.entries(item)) {
        expect(summary, `${method} ${path}`).toBeTruthy()
        const fixed = /^\/($|docs|openapi\.json|health\/live)/.test(path)
        const refusals = Object.keys(responses).filter((status) => Number(status) >= 400)
        expect(refusals.length > 0, `${method} ${path}`).toBe(!fixed)
      }
    }
  })

  it('says how large a number in a query may be', async () => {
    const { paths } = await read()
    expect(paths['/api/posts']?.get).toMatchObject({
      parameters: expect.arrayContaining([
        expect.objectContaining({
          name: 'limit',
          required: false,
          description: 'A whole number from 1 to 100.',
          schema: expect.objectContaining({ default: 20 }),
        }),
      ]),
    })
  })

  it('refers to nothing that it does not have', async () => {
    const text = JSON.stringify(await read())
    const document = JSON.parse(text) as { components: { schemas: Record<string, unknown> } }
    const names = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name ?? '')
    expect(names.length).toBeGreaterThan(0)
    for (const name of names) expect(document.components.schemas).toHaveProperty(name)
  })
})

describe('the check of every answer in these tests', () => {
  const stats = { total_posts: 0, total_views: 0, total_likes: 0 }
  const check = (body: unknown, status = 200, type = 'application/json') =>
    conformance.expect({ method: 'GET', path: '/api/posts/stats?x=1' }, { status, type, body })
  const problem = { type: 'about:blank', title: 't', status: 503, code: 'paused', request_id: 'r' }

  it('takes what the document says', () => {
    check(stats)
    check(problem, 503, 'application/problem+json')
    check({ ...problem, detail: 'd', field: 'f' }, 503, 'application/problem+json')
  })

  it.each([
    ['a field more', () => check({ ...stats, more: 1 })],
    ['a field less', () => check({ total_posts: 0, total_views: 0 })],
    ['a field of another type', () => check({ ...stats, total_posts: '0' })],
    ['another status', () => check(stats, 201)],
    ['another media type', () => check(stats, 200, 'text/plain')],
    [
      'a code of another status',
      () => check({ ...problem, code: 'conflict' }, 503, 'application/problem+json'),
    ],
    ['a problem with a stack', () => check({ ...problem, stack: 's' }, 503, 'application/problem+json')],
  ])('refuses %s', (_, run) => {
    expect(run).toThrow(/GET \/api\/posts\/stats answered/)
  })
})

describe('the page of the document', () => {
  it('shows every route, and runs and loads nothing', async () => {
    const response = await exports.default.fetch('http://rockpool.test/docs')
    const page = await response.text()
    expect(response.headers.get('content-type')).toMatch(/^text\/html/)
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; img-src data:; style-src 'sha256-/,
    )
    expect(page).not.toMatch(/<script|\ssrc=|\sstyle=|\son\w+=/)
    for (const path of Object.keys((await read()).paths)) expect(page).toContain(`<code>${path}</code>`)
  })

  it('has the one style that its policy lets in', async () => {
    const response = await exports.default.fetch('http://rockpool.test/docs')
    const style = /<style>([\s\S]*)<\/style>/.exec(await response.text())?.[1] ?? ''
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style))
    const hash = btoa(String.fromCharCode(...new Uint8Array(digest)))
    expect(response.headers.get('content-security-policy')).toContain(`'sha256-${hash}'`)
  })
})

describe('the address itself', () => {
  it('tells programs as JSON and browsers as a page where to go', async () => {
    const told = await send('/')
    expect(told.body).toMatchObject({ name: 'Rockpool', docs: '/docs', openapi: '/openapi.json' })
    const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
    const response = await exports.default.fetch('http://rockpool.test/', { headers: { accept } })
    expect(response.headers.get('vary')).toContain('accept')
    const page = await response.text()
    for (const path of ['/docs', '/openapi.json', '/health']) expect(page).toContain(`href="${path}"`)
  })
})
