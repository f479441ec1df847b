import { execFileSync } from 'node:child_process'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

/** Where Chromium is: `CHROMIUM_PATH`, or a `chromium` on the PATH; `null` where there is none. */
export function chromiumPath(): string | null {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH
  try {
    return execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim()
  } catch {
    return null
  }
}

/** @throws {Error} when it cannot be started */
export function launchChromium(executablePath: string): Promise<Browser> {
  // Its sandbox starts neither as root, as in a container, nor without user namespaces, as on GitHub's runners
  // (chromium.googlesource.com/chromium/src/+/main/docs/security/apparmor-userns-restrictions.md).
  const bare = process.getuid?.() === 0 || process.env.CI !== undefined
  return chromium.launch({ executablePath, args: bare ? ['--no-sandbox'] : [] })
}

/** A page that keeps account of what must not happen on it. */
export interface WatchedPage {
  readonly page: Page
  /** Errors of scripts and on the console, and what the Content-Security-Policy forbade. */
  readonly faults: readonly string[]
  /** How far things have moved without anybody's doing since the last call (web.dev/articles/cls). */
  layoutShift(): Promise<number>
  [Symbol.asyncDispose](): Promise<void>
}

/** Runs in the page, before anything else. */
const COUNT_SHIFTS = `
  globalThis.layoutShift = 0
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, value } of list.getEntries()) if (!hadRecentInput) layoutShift += value
  }).observe({ type: 'layout-shift', buffered: true })
`

/** A fresh browser profile, with one page. */
export async function watchedPage(browser: Browser, options: BrowserContextOptions): Promise<WatchedPage> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    // The browser also writes down every answer that is not 2xx, such as the refusal of a wrong token.
    const refused = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !refused) faults.push(message.text())
  })
  await page.addInitScript({ content: COUNT_SHIFTS })
  return {
    page,
    faults,
    async layoutShift() {
      const shift = await page.evaluate<number>('layoutShift')
      await page.evaluate('layoutShift = 0')
      return shift
    },
    [Symbol.asyncDispose]: () => context.close(),
  }
}
