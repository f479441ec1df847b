import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'

const get = (path: string, headers: Record<string, string> = {}) =>
  exports.default.fetch(`http://rockpool.test${path}`, { headers, redirect: 'manual' })

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
]

describe('the page of the dashboard', () => {
  it('is sent with headers that let in nothing but its own files', async () => {
    const { status, headers } = await get('/dashboard')
    expect(status).toBe(200)
    expect(headers.get('content-type')).toMatch(/^text\/html/)
    expect(headers.get('content-security-policy')?.split('; ').sort()).toEqual([...POLICY].sort())
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-cache',
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
  })

  it('loads what is there, of the right type, and has no script or style of its own', async () => {
    const page = await (await get('/dashboard')).text()
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]* src=)|https?:\/\//)
    const files = [...page.matchAll(/(?:src|href)="(\/dashboard\/assets\/[^"]+)"/g)].map(
      ([, file]) => file ?? '',
    )
    expect(files.length).toBeGreaterThanOrEqual(2)
    const types: Record<string, RegExp> = { js: /^text\/javascript/, css: /^text\/css/, svg: /^image\/svg/ }
    for (const file of files) {
      const { status, headers } = await get(file)
      expect(status).toBe(200)
      expect(headers.get('content-type')).toMatch(types[file.split('.').at(-1) ?? ''] ?? /^$/)
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    }
  })

  it('is not sent again to who has it', async () => {
    const first = await get('/dashboard/assets/dashboard.js')
    const etag = first.headers.get('etag') ?? ''
    expect(etag).not.toBe('')
    const again = await get('/dashboard/assets/dashboard.js', { 'if-none-match': etag })
    expect(again.status).toBe(304)
    expect(await again.text()).toBe('')
  })

  it.each([
    '/dashboard/assets/missing.js',
    '/dashboard/assets/index.html',
    '/dashboard/assets/none',
    '/dashboard/index.html',
    '/index.html',
    '/assets/dashboard.js',
  ])('has nothing at %s', async (path) => {
    expect((await get(path)).status).toBe(404)
  })

  it.each(['/dashboard/assets/..%2findex.html', '/dashboard/assets/%2e%2e%5cindex.html'])(
    'does not leave its folder for %s',
    async (path) => {
      expect((await get(path)).status).toBe(400)
    },
  )
})
