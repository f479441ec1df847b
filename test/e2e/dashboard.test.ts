import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launchChromium, watchedPage } from '../support/browser.ts'
import { type Started, started } from '../support/started.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** The dashboard in a real browser, on what `npm start` starts. */

const ROOT = new URL('../../', import.meta.url)
const SCREENSHOTS = fileURLToPath(new URL('dist/screenshots/', ROOT))

const chromium = chromiumPath()
if (chromium === null) {
  process.stderr.write('\nSKIPPED: the dashboard in a browser. Install chromium, or set CHROMIUM_PATH.\n\n')
}

/** The traffic that the README invites to, without its pause at the end. */
const README_LINE =
  /^\$ (for n in .*; done)/m.exec(readFileSync(new URL('README.md', ROOT), 'utf8'))?.[1] ?? 'exit 1'

describe.skipIf(chromium === null)('the dashboard', () => {
  const dir = temporaryFolder('dashboard')
  let rockpool: Started
  let browser: Browser

  beforeAll(async () => {
    mkdirSync(SCREENSHOTS, { recursive: true })
    rockpool = await started(['--dir', dir])
    browser = await launchChromium(chromium ?? '')
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await rockpool?.interrupt()
  })

  const traffic = () =>
    promisify(execFile)('sh', ['-c', README_LINE], { env: { ...process.env, URL: rockpool.url } })

  const request = (tenant: string) =>
    fetch(`${rockpool.url}/api/posts`, { headers: { 'x-user-id': tenant, 'cache-control': 'no-cache' } })

  const visit = (options: BrowserContextOptions = {}) =>
    watchedPage(browser, { baseURL: rockpool.url, viewport: { width: 1440, height: 900 }, ...options })

  async function signIn(page: Page, path = '/dashboard'): Promise<void> {
    await page.goto(path)
    await page.getByLabel('Admin token').fill(rockpool.adminToken)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.locator('#fleet').waitFor()
  }

  const rowOf = (page: Page, tenant: string) =>
    page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: tenant }) })

  const cell = (row: Locator, column: string) => row.locator(`[data-column=${column}]`)

  const headings = (page: Page) => page.locator('#pool-rows .pool-name').allTextContents()

  const shoot = (page: Page, name: string, fullPage = true) =>
    page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage })

  it('refuses a wrong token, lets the right one in, and forgets it at the end', async () => {
    await using visited = await visit()
    const { page, faults } = visited
    await page.goto('/dashboard')
    await page.getByLabel('Admin token').fill('not the token at all, but as long as it')
    await page.keyboard.press('Enter')
    await page.getByText('This is not the admin token.').waitFor()
    expect(await page.locator('#fleet').isVisible()).toBe(false)

    await page.getByLabel('Admin token').fill(rockpool.adminToken)
    await page.keyboard.press('Enter')
    await page.locator('#fleet').waitFor()
    const [cookie] = await page.context().cookies()
    expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict' })
    expect(cookie?.value).not.toContain(rockpool.adminToken)
    expect(await page.evaluate('document.cookie')).toBe('')

    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Admin token').waitFor()
    expect((await page.request.get('/dashboard/view')).status()).toBe(401)
    await page.reload()
    await page.getByLabel('Admin token').waitFor()
    expect(faults).toEqual([])
  })

  it('shows the README’s traffic by itself, and its numbers as they change', async () => {
    await using visited = await visit()
    const { page, faults } = visited
    await signIn(page)
    const row = rowOf(page, 'globex')
    expect(await row.count()).toBe(0)
    await page.getByText('No tenant has a pool open.').waitFor()
    const invitation = await page.locator('#example').textContent()
    expect(invitation).toBe(README_LINE.replace('$URL', rockpool.url))
    await shoot(page, 'empty')

    await traffic()
    await row.waitFor()
    expect(await cell(row, 'tier').textContent()).toBe('premium')
    expect(await cell(row, 'placement').textContent()).toBe('dedicated')
    expect(await page.locator('#freshness').textContent()).toMatch(/^Live · updated/)
    await page.locator('#events', { hasText: 'pool.opened' }).waitFor()

    const reuse = await cell(row, 'reuse').textContent()
    await traffic()
    await expect.poll(() => cell(row, 'reuse').textContent(), { interval: 50 }).not.toBe(reuse)
    expect(faults).toEqual([])
  })

  it('sorts by a heading, searches, and keeps both in the address', async () => {
    for (const tenant of ['acme', 'globex', 'user_a']) {
      await request(tenant)
    }
    await using visited = await visit()
    const { page } = visited
    await signIn(page)
    for (const tenant of ['acme', 'globex', 'several tenants']) await rowOf(page, tenant).first().waitFor()

    const heading = page.getByRole('columnheader', { name: 'Tenant' })
    expect(await heading.getAttribute('aria-sort')).toBe('ascending')
    const names = await headings(page)
    expect(names).toEqual(names.toSorted((a, b) => a.localeCompare(b)))
    await heading.getByRole('button').click()
    expect(await heading.getAttribute('aria-sort')).toBe('descending')
    expect(await headings(page)).toEqual(names.toReversed())

    await page.getByLabel('Search pools').fill('premium glob')
    expect(new Set(await headings(page))).toEqual(new Set(['globex']))
    await page.getByText(/^1 of \d+ pools$/).waitFor()
    await page.reload()
    await rowOf(page, 'globex').waitFor()
    expect(await page.getByLabel('Search pools').inputValue()).toBe('premium glob')

    await page.getByLabel('Search pools').fill('nobody')
    await page.getByRole('button', { name: 'Show all pools' }).click()
    expect(await headings(page)).toEqual(names.toReversed())
  })

  it('closes a pool by keyboard alone, after a question that names it', async () => {
    await traffic()
    await using visited = await visit()
    const { page, faults } = visited
    await signIn(page)
    const row = rowOf(page, 'globex')
    await row.getByRole('button', { name: 'Close' }).focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Close the pool of globex?' })
    await dialog.getByText('dedicated:globex').waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    expect(await row.count()).toBe(1)

    await page.keyboard.press('Enter')
    await dialog.waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByText('The pool of globex on dedicated:globex was closed.').waitFor()
    await row.waitFor({ state: 'detached' })
    expect(faults).toEqual([])
  })

  it('pauses a tenant and resumes it', async () => {
    await traffic()
    await using visited = await visit()
    const { page } = visited
    await signIn(page)
    const row = rowOf(page, 'globex')
    await row.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('button', { name: 'Pause tenant' }).click()
    await row.getByText('paused').waitFor()
    await page.locator('#paused').getByRole('button', { name: 'Resume globex' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click()
    await page.getByText('No tenant is paused.').waitFor()
    await row.getByRole('button', { name: 'Pause' }).waitFor()
  })

  it('polls where streams do not get through, and says since when it shows old figures', async () => {
    await using visited = await visit()
    const { page } = visited
    const context = page.context()
    await context.route('**/dashboard/stream', (route) => route.abort())
    await signIn(page)
    const freshness = page.locator('#freshness')
    await freshness.getByText(/^Polling · updated/).waitFor()

    await context.setOffline(true)
    await freshness.getByText(/^Stale since \d\d:\d\d:\d\d · retrying$/).waitFor({ timeout: 15_000 })
    await context.setOffline(false)
    await freshness.getByText(/^Polling · updated/).waitFor({ timeout: 15_000 })
    await context.unroute('**/dashboard/stream')
    await freshness.getByText(/^Live · updated/).waitFor({ timeout: 45_000 })
  }, 90_000)

  it('says what is wrong when the fleet cannot be read, and goes on when it can', async () => {
    await using visited = await visit()
    const { page } = visited
    const context = page.context()
    await context.route(/dashboard\/(stream|view)/, (route) => route.abort())
    await page.goto('/dashboard')
    await page.getByLabel('Admin token').fill(rockpool.adminToken)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Rockpool does not answer.').waitFor()
    await shoot(page, 'trouble')
    const askedAgain = page.waitForRequest('**/dashboard/session')
    await page.getByRole('button', { name: 'Try again now' }).click()
    await askedAgain
    await context.unroute(/dashboard\/(stream|view)/)
    await page.locator('#fleet').waitFor()
  })

  it('shows the pools whole at every width, whatever is in them', async () => {
    await request('globex')
    await using visited = await visit()
    const { page } = visited
    await page.context().route('**/dashboard/stream', (route) => route.abort())
    await page.context().route('**/dashboard/view*', async (route) => {
      const response = await route.fetch()
      const view = (await response.json()) as { pools?: object[] }
      await route.fulfill({ response, json: { ...view, pools: view.pools?.map(widest) } })
    })
    await signIn(page)
    await page.getByText('draining').first().waitFor()
    for (const width of [320, 360, 768, 1024, 1248, 1280, 1343, 1344, 1366, 1440, 1600, 1920, 2560]) {
      await page.setViewportSize({ width, height: 900 })
      const beyond = await page.evaluate<number[]>(
        '[".table-region", "html"].map((one) => document.querySelector(one)).map((one) => one.scrollWidth - one.clientWidth)',
      )
      expect([width, ...beyond]).toEqual([width, 0, 0])
      const badges = await page.evaluate<boolean[]>(
        '[...document.querySelectorAll("#pool-rows th")].flatMap((name) => [...name.querySelectorAll(".badge")].map((badge) => badge.getBoundingClientRect().right <= name.getBoundingClientRect().right))',
      )
      expect([width, badges.length > 0, badges.every(Boolean)]).toEqual([width, true, true])
    }
    await shoot(page, 'widest')
  })

  describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
    it.each(['/', '/docs'])('the page at %s is accessible', async (path) => {
      await using visited = await visit({ colorScheme })
      const { page, faults } = visited
      await page.goto(path, { waitUntil: 'load' })
      await page.locator('h1').waitFor()
      // What is folded up counts as well.
      await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true')
      expect(await axeFaults(page)).toEqual([])
      expect(faults).toEqual([])
      await shoot(page, `${colorScheme}-page${path.replaceAll('/', '-')}`, false)
    })

    it.each([360, 768, 1280, 1440])('is accessible and stands still, %i pixels wide', async (width) => {
      const name = `${colorScheme}-${width}`
      await using visited = await visit({ colorScheme, viewport: { width, height: 900 } })
      const { page, faults } = visited
      await page.goto('/dashboard')
      await page.getByLabel('Admin token').waitFor()
      expect(await axeFaults(page)).toEqual([])
      await shoot(page, `${name}-sign-in`)

      await request('user_a')
      await traffic()
      await signIn(page)
      for (const tenant of ['globex', 'several tenants']) await rowOf(page, tenant).waitFor()
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0)
      expect(await visited.layoutShift()).toBeLessThan(0.01)
      await Promise.all([traffic(), page.waitForTimeout(1500)])
      expect(await visited.layoutShift()).toBeLessThan(0.01)
      expect(await axeFaults(page)).toEqual([])
      await shoot(page, name)

      await rowOf(page, 'globex').getByRole('button', { name: 'Close' }).click()
      await page.getByRole('dialog').waitFor()
      expect(await axeFaults(page)).toEqual([])
      await shoot(page, `${name}-confirm`, false)
      expect(faults).toEqual([])
    })
  })
})

/** Everything that axe-core finds, however slight. */
async function axeFaults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`))
}

/** A pool as wide as one can be: the longest names, every badge, the largest figures. */
function widest(pool: object): object {
  return {
    ...pool,
    tenant: 'a-tenant-with-a-name-of-forty-eight-characters-x',
    tier: 'enterprise',
    placement: 'dedicated',
    cluster: 'replica-16',
    host: 'dedicated:a-tenant-with-a-name-of-forty-eight-characters-x/12',
    state: 'draining',
    paused: true,
    stale: true,
    ...{ size: 1000, max_size: 1000, used: 1000, free: 1000, waiting: 10_000 },
    ...{ reuse: 0.999, wait_p95_ms: 99_999 },
  }
}
