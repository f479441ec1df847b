import { openApiApp } from '../../routes/openapi.ts'
import { isAdminToken, refuseAdmin } from '../admin-only.ts'
import { readAsset, readPage, readSession, signIn, signOut } from '../api/dashboard-page.ts'
import type { EdgeEnv } from '../bindings.ts'
import { limitAdmin, limitedByAddress } from '../limit.ts'
import { pageHeaders, serveAsset } from './assets.ts'
import { closeSession, hasSession, openSession } from './session.ts'

/** The dashboard: its page, who is signed in to it, and what it shows. */
export const dashboard = openApiApp<EdgeEnv>()

dashboard.use(pageHeaders)

dashboard.openAPIRegistry.registerPath(readPage)
dashboard.get(readPage.path, (c) => serveAsset(c, '/index.html'))

dashboard.openapi(readAsset, (c) => serveAsset(c, `/assets/${c.req.valid('param').file}`))

dashboard.use(readSession.path, async (c, next) => {
  await next()
  c.res.headers.set('cache-control', 'no-store')
})

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
