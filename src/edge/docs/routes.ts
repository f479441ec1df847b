import type { OpenAPIHono } from '@hono/zod-openapi'
import { accepts } from 'hono/accepts'
import { openApiApp } from '../../routes/openapi.ts'
import type { EdgeEnv } from '../bindings.ts'
import { aboutPage } from './about-page.ts'
import { readAbout, readDocs, readDocument } from './api.ts'
import { apiDocument, type DescribedApps } from './document.ts'
import { documentPage } from './document-page.ts'
import { PAGE_HEADERS } from './layout.ts'

const CACHED = { 'cache-control': 'public, max-age=300' }

const ABOUT = {
  name: 'Rockpool',
  description: 'Tenant-keyed database pools at the edge.',
  docs: '/docs',
  openapi: '/openapi.json',
  health: '/health',
}

/** What the deployment says of itself: its document, the page made of it, and where to find them. */
export function docsOf(apps: DescribedApps): OpenAPIHono<EdgeEnv> {
  const docs = openApiApp<EdgeEnv>()

  /** Made when somebody first asks for it, once per isolate; text, so it may outlive the request. */
  let made: Readonly<Record<'json' | 'page', string>> | undefined
  const make = async () => {
    const document = apiDocument(apps)
    made = { json: JSON.stringify(document), page: String(await documentPage(document)) }
    return made
  }

  docs.openapi(readAbout, (c) => {
    const type = accepts(c, {
      header: 'Accept',
      supports: ['application/json', 'text/html'],
      default: 'application/json',
    })
    c.header('vary', 'accept')
    if (type === 'text/html') return c.html(aboutPage(ABOUT), 200, { ...CACHED, ...PAGE_HEADERS })
    return c.json(ABOUT, 200, CACHED)
  })

  // What is sent is text already, which a route with a schema cannot say.
  docs.openAPIRegistry.registerPath(readDocument)
  docs.get(readDocument.path, async (c) => {
    const { json } = made ?? (await make())
    return c.body(json, 200, { ...CACHED, 'content-type': 'application/json' })
  })

  docs.openapi(readDocs, async (c) => {
    const { page } = made ?? (await make())
    return c.html(page, 200, { ...CACHED, ...PAGE_HEADERS })
  })

  return docs
}
