import fc from 'fast-check'
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { canonicalUrl } from '../../../src/edge/canonical-url.ts'
import { routes } from '../../../src/routes/app.ts'
import { spelledHost, spelledPath } from '../../support/spellings.ts'

const at = (path: string) => canonicalUrl(`http://rockpool.test${path}`, 'rockpool.test')

test.each([
  ['/api/posts', '/api/posts'],
  ['/api/posts?limit=2&user_id=a%2Fb', '/api/posts?limit=2&user_id=a%2Fb'],
  ['/api/../internal/users/find', '/internal/users/find'],
  ['/api/%2e%2e/internal/users', '/internal/users'],
  ['/api/.%2e/internal/users', '/internal/users'],
  ['/api\\..\\internal\\users', '/internal/users'],
  ['/%61dmin/tenants', '/admin/tenants'],
  ['/api/posts/%c3%a9', '/api/posts/%C3%A9'],
  ['/api/posts/é', '/api/posts/%C3%A9'],
  ['/api/posts#x', '/api/posts'],
  ['//api//posts', '//api//posts'],
  ['/api/posts;v=1', '/api/posts;v=1'],
  ['', '/'],
])('%j has the form %j', (path, canonical) => {
  expect(at(path)).toBe(`http://rockpool.test${canonical}`)
})

test.each([
  '/api/%252e%252e/internal/users',
  '/api/..%2finternal/users',
  '/api/..%5cinternal/users',
  '/api/posts%2fviews',
  '/api/posts%00',
  '/api/posts%0d%0aX:1',
  '/api/posts/%ff',
  '/api/posts/%zz',
  '/api/posts/%',
  '/api/posts%3fuser_id=a',
  '/api/posts%23',
])('%j has no form', (path) => {
  expect(at(path)).toBeUndefined()
})

test.each(['h:99999', '[', 'h:x', 'a/b', 'a b', 'a@b', 'a?b', 'a#b', 'a\\b', ''])(
  'no host is called %j',
  (host) => {
    expect(canonicalUrl(`http://${host}/api/posts`, host)).toBeUndefined()
  },
)

test('a host may have a port, and be an address of either kind', () => {
  for (const host of ['h', 'h:80', '127.0.0.1:8787', '[::1]:8787', 'xn--bcher-kva.example']) {
    expect(canonicalUrl(`http://${host}/x`, host), host).toBeDefined()
  }
})

test('user, password and fragment are no part of it', () => {
  expect(canonicalUrl('http://a:b@h/x?y#z', 'h')).toBe('http://h/x?y')
})

test('the form of a form is itself, and every parser reads it alike', () => {
  fc.assert(
    fc.property(spelledHost, spelledPath, (host, path) => {
      const url = canonicalUrl(`http://${host}${path}`, host)
      if (url === undefined) return
      expect(canonicalUrl(url, host)).toBe(url)
      expect(new URL(url).href).toBe(url)
      expect(new Request(url).url).toBe(url)
      expect(new URL(url).pathname).not.toMatch(/(^|\/)\.{1,2}(\/|$)|[\\\0]|%2f|%5c|%2e/i)
    }),
    { numRuns: 5_000 },
  )
})

test('the edge and the host never take one spelling for two routes', async () => {
  // As the edge sees it: by the path that Hono makes of the canonical URL it has.
  const edge = new Hono()
  let seen: string | undefined
  edge.all('*', (c) => {
    seen = routes.router.match(c.req.method, c.req.path)[0].at(-1)?.[0][1].path
    return c.body(null)
  })
  // As the host sees it: by its own reading of the URL that the edge forwards, parsed and written by the runtime.
  const host = new Hono()
  let found: string | undefined
  host.all('*', (c) => {
    found = routes.router.match(c.req.method, c.req.path)[0].at(-1)?.[0][1].path
    return c.body(null)
  })
  await fc.assert(
    fc.asyncProperty(spelledPath, fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'), async (path, method) => {
      const url = at(path)
      if (url === undefined) return
      await edge.request(url, { method })
      await host.fetch(new Request(new URL(url), { method }))
      expect(found).toBe(seen)
    }),
    { numRuns: 2_000 },
  )
})
