import { createMiddleware } from 'hono/factory'
import { openApiApp } from '../../routes/openapi.ts'
import { adminOnly, isAdminToken, refuseAdmin } from '../admin-only.ts'
import { readHistoryRoute, readViewRoute, streamViewsRoute } from '../api/dashboard.ts'
import { readAsset, readPage, readSession, signIn, signOut } from '../api/dashboard-page.ts'
import type { EdgeEnv } from '../bindings.ts'
import { limitAdmin, limitedByAddress } from '../limit.ts'
import { pageHeaders, serveAsset } from './assets.ts'
import { closeSession, hasSession, openSession } from './session.ts'
import { streamViews } from './stream.ts'
import { readHistory, readView } from './view.ts'

const noStore = createMiddleware(async (c, next) => {
  await next()
  c.header('cache-control', 'no-store')
})

/** The dashboard: its page, who is signed in to it, and what it shows. */
export const dashboard = openApiApp<EdgeEnv>()

dashboard.use(pageHeaders)

dashboard.openAPIRegistry.registerPath(readPage)
dashboard.get(readPage.path, (c) => serveAsset(c, '/index.html'))

dashboard.openapi(readAsset, (c) => serveAsset(c, `/assets/${c.req.valid('param').file}`))

for (const { path } of [readSession, readViewRoute, readHistoryRoute]) dashboard.use(path, noStore)
for (const { path } of [readViewRoute, readHistoryRoute, streamViewsRoute]) dashboard.use(path, adminOnly)

dashboard.get(readSession.path, limitedByAddress)
dashboard.openapi(readSession, async (c) => c.json({ signed_in: await hasSession(c) }, 200))

dashboard.openapi(signIn, async (c) => {
  const { token } = c.req.valid('json')
  if (!isAdminToken(c, token)) return refuseAdmin(c)
  await limitAdmin(c)
  await openSession(c, token)
  return c.body(null, 204)
})

dashboard.openapi(signOut, (c) => {
  closeSession(c)
  return c.body(null, 204)
})

dashboard.openapi(readViewRoute, async (c) => c.json(await readView(c), 200))
dashboard.openapi(readHistoryRoute, async (c) => c.json(await readHistory(c), 200))
dashboard.openapi(streamViewsRoute, (c) => streamViews(c))
