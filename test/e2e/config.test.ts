import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { bundle } from '../../dev/local/worker/bundle.ts'
import { startWorkerd } from '../../dev/local/worker/workerd.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const dir = temporaryFolder('config')

it('a deployment with bad variables answers every request with 503 and logs their names once, never a value', async () => {
  const { file } = await bundle(dir)
  const worker = await startWorkerd({
    dir,
    file,
    variables: {
      DB_ENV: 'marked-environment',
      MONGODB_URI: 'mongodb://marked-user:marked-password@db.example/?tlsInsecure=true',
      DB_PRIMARY_DB_URL: 'marked-url',
      JWT_SECRET: 'marked-short',
    },
  })
  try {
    for (const path of ['/', '/api/posts', '/health', '/admin/connections', '/metrics/db-pool']) {
      const answer = await fetch(worker.url + path)
      expect(answer.status).toBe(503)
      expect(await answer.json()).toMatchObject({ code: 'config_invalid' })
    }
    expect((await fetch(`${worker.url}/health/live`)).status).toBe(200)
  } finally {
    await worker.close()
  }
  const log = readFileSync(worker.logFile, 'utf8')
  for (const name of ['DB_ENV', 'MONGODB_URI', 'DB_PRIMARY_DB_URL', 'JWT_SECRET']) expect(log).toContain(name)
  expect(log).not.toContain('marked-')
  expect(log.match(/config\.invalid/g)).toHaveLength(1)
})
