import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** How long the server may take to act on a new pg_hba.conf. */
const RELOAD_MS = 5_000

/**
 * Has the local stack's Postgres take passwords in clear text, as Neon does behind TLS
 * (github.com/neondatabase/serverless, CONFIG.md, `pipelineConnect`). With SCRAM the client hashes the password 4096
 * times for every connection: inside a Worker that costs several times what the rest of a request does, and whoever
 * connects for every request would look slower than on Neon.
 * @param url of a superuser, on a server that is nobody else's
 */
export async function takeCleartextPasswords(url: string): Promise<void> {
  await query(url, async (client) => {
    const { rows } = await client.query<{ hba_file: string }>('SHOW hba_file')
    const file = client.escapeLiteral(rows[0]?.hba_file ?? '')
    await client.query(`COPY (SELECT 'host all all 127.0.0.1/32 password') TO ${file}`)
    await client.query('SELECT pg_reload_conf()')
  })
  const deadline = performance.now() + RELOAD_MS
  while ((await authenticationMethod(url)) !== 'password') {
    if (performance.now() > deadline) throw new Error('Postgres goes on asking for SCRAM')
    await sleep(50)
  }
}

/** Of a new connection; the server tells as `method:user`. */
function authenticationMethod(url: string): Promise<string | undefined> {
  return query(url, async (client) => {
    const { rows } = await client.query<{ user: string }>('SELECT system_user AS user')
    return rows[0]?.user.split(':')[0]
  })
}

async function query<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
