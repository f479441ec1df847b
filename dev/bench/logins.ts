import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** Who goes on being asked for SCRAM. */
const SCRAM_USER = 'rockpool_scram'

/** How long the server may take to act on a new pg_hba.conf. */
const RELOAD_MS = 5_000

/**
 * Has the local stack's Postgres take passwords in clear text, as Neon does behind TLS
 * (github.com/neondatabase/serverless, CONFIG.md, `pipelineConnect`), from all but one user, who is asked for SCRAM as
 * anywhere else: there the client hashes the password 4096 times for every connection, which inside a Worker costs
 * several times what the rest of a request does.
 * @param url of a superuser, on a server that is nobody else's
 * @returns the URL of the user who logs in by SCRAM and may read everything
 */
export async function prepareLogins(url: string): Promise<{ readonly scramUrl: string }> {
  const password = randomBytes(24).toString('base64url')
  await query(url, async (client) => {
    await client.query(
      `CREATE ROLE ${SCRAM_USER} LOGIN PASSWORD ${client.escapeLiteral(password)} IN ROLE pg_read_all_data`,
    )
    const { rows } = await client.query<{ hba_file: string }>('SHOW hba_file')
    const file = client.escapeLiteral(rows[0]?.hba_file ?? '')
    const line = (user: string, method: string) => `host all ${user} 127.0.0.1/32 ${method}`
    const lines = client.escapeLiteral(
      `{"${line(SCRAM_USER, 'scram-sha-256')}","${line('all', 'password')}"}`,
    )
    await client.query(`COPY (SELECT unnest(${lines}::text[])) TO ${file}`)
    await client.query('SELECT pg_reload_conf()')
  })
  const scramUrl = Object.assign(new URL(url), { username: SCRAM_USER, password }).href
  const deadline = performance.now() + RELOAD_MS
  while ((await methodOf(url)) !== 'password') {
    if (performance.now() > deadline) throw new Error('Postgres goes on asking for SCRAM')
    await sleep(50)
  }
  if ((await methodOf(scramUrl)) !== 'scram-sha-256')
    throw new Error('Postgres does not ask for SCRAM any more')
  return { scramUrl }
}

/** How a new connection logged in; the server tells as `method:user`. */
function methodOf(url: string): Promise<string | undefined> {
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
