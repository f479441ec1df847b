import { validate as isUuid, v7 as uuidv7 } from 'uuid'
import type { PostgresConnection } from '../../engines/connection.ts'
import { literal, quoted } from '../../engines/postgres-names.ts'
import { ROLES } from '../../tenants/caller.ts'
import { schemaOf } from '../../tenants/tenant.ts'
import { before, type Page } from '../page.ts'
import type { UserStore } from './store.ts'
import type { Member, NewMember, NewUser, PasswordChange, User, UserKey } from './user.ts'

/**
 * What creates the users table in a schema whose quoted name is given; safe to repeat. `founder` is true for the
 * tenant's first user and null for all others: it is unique, so that of two who come first at once one is second.
 */
export const usersTable = (schema: string): readonly string[] => [
  `CREATE TABLE IF NOT EXISTS ${schema}.users (
    id uuid PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name text,
    role text NOT NULL CHECK (role IN (${ROLES.map(literal).join(', ')})),
    password_hash text,
    founder boolean UNIQUE CHECK (founder),
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  // Tables from before users without a password. Only those: the change locks the table against everybody.
  `DO $$ BEGIN
    IF (SELECT attnotnull FROM pg_attribute
         WHERE attrelid = ${literal(`${schema}.users`)}::regclass AND attname = 'password_hash') THEN
      ALTER TABLE ${schema}.users ALTER COLUMN password_hash DROP NOT NULL;
    END IF;
  END $$`,
]

const MEMBER = 'id, email, name, role, created_at'
const COLUMNS = `${MEMBER}, password_hash`

export class PostgresUsers implements UserStore {
  readonly #connection: PostgresConnection
  readonly #table: string

  constructor(connection: PostgresConnection, tenantId: string) {
    this.#connection = connection
    this.#table = `${quoted(schemaOf(tenantId))}.users`
  }

  async find(key: UserKey): Promise<User | undefined> {
    if ('id' in key && !isUuid(key.id)) return undefined
    const [column, value] = 'id' in key ? ['id', key.id] : ['email', key.email]
    const rows = await this.#connection.query<User>(
      `SELECT ${COLUMNS} FROM ${this.#table} WHERE ${column} = $1`,
      [value],
    )
    return rows[0]
  }

  list(page: Page): Promise<Member[]> {
    return this.#connection.query<Member>(
      `SELECT ${MEMBER} FROM ${this.#table} ORDER BY id LIMIT $1 OFFSET $2`,
      [page.limit, before(page)],
    )
  }

  async create(user: NewUser): Promise<User | undefined> {
    // Who lost the race to be first sees the winner the second time; then only the email can stand in the way.
    const created = (await this.#insert(user)) ?? (await this.#insert(user))
    return created ?? (user.claim ? this.#claim(user) : undefined)
  }

  async add({ email, name, role }: NewMember): Promise<Member | undefined> {
    const rows = await this.#connection.query<Member>(
      `INSERT INTO ${this.#table} (id, email, name, role) VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING RETURNING ${MEMBER}`,
      [uuidv7(), email, name, role],
    )
    return rows[0]
  }

  async changePassword(id: string, { from, to }: PasswordChange): Promise<boolean> {
    if (!isUuid(id)) return false
    const rows = await this.#connection.query(
      `UPDATE ${this.#table} SET password_hash = $3 WHERE id = $1 AND password_hash = $2 RETURNING id`,
      [id, from, to],
    )
    return rows.length > 0
  }

  async #insert({ email, password_hash }: NewUser): Promise<User | undefined> {
    const rows = await this.#connection.query<User>(
      `INSERT INTO ${this.#table} (id, email, password_hash, role, founder)
       SELECT $1::uuid, $2, $3, CASE WHEN others THEN 'member' ELSE 'admin' END, CASE WHEN others THEN NULL ELSE true END
         FROM (SELECT EXISTS (SELECT FROM ${this.#table}) AS others) AS known
       ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
      [uuidv7(), email, password_hash],
    )
    return rows[0]
  }

  async #claim({ email, password_hash }: NewUser): Promise<User | undefined> {
    const rows = await this.#connection.query<User>(
      `UPDATE ${this.#table} SET password_hash = $2 WHERE email = $1 AND password_hash IS NULL RETURNING ${COLUMNS}`,
      [email, password_hash],
    )
    return rows[0]
  }
}
