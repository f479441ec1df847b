import type { Collection, Db } from 'mongodb'
import { v7 as uuidv7 } from 'uuid'
import type { MongoConnection } from '../../engines/mongo-connection.ts'
import type { Limits } from '../../engines/mongo-read.ts'
import { Problem } from '../../problem.ts'
import { databaseOf } from '../../tenants/tenant.ts'
import { before, type Page } from '../page.ts'
import type { UserStore } from './store.ts'
import {
  type Member,
  type NewMember,
  type NewUser,
  type PasswordChange,
  USERS,
  type User,
  type UserKey,
} from './user.ts'

interface UserDocument extends Omit<User, 'id'> {
  readonly _id: string
  /** True for the tenant's first user and absent for all others; unique, so that of two firsts at once one is second. */
  readonly founder?: true
}

/** Creates the indexes of the users collection; safe to repeat. */
export async function usersIndexes(db: Db, limits: Limits): Promise<void> {
  await db.collection(USERS).createIndexes(
    [
      { key: { email: 1 }, name: 'users_email', unique: true },
      { key: { founder: 1 }, name: 'users_founder', unique: true, sparse: true },
    ],
    limits,
  )
}

export class MongoUsers implements UserStore {
  readonly #connection: MongoConnection
  readonly #database: string

  constructor(connection: MongoConnection, tenantId: string) {
    this.#connection = connection
    this.#database = databaseOf(tenantId)
  }

  async find(key: UserKey): Promise<User | undefined> {
    const filter = 'id' in key ? { _id: key.id } : { email: key.email }
    const [document] = await this.#connection.read<UserDocument>(this.#database, {
      find: USERS,
      filter,
      limit: 1,
    })
    return document ? toUser(document) : undefined
  }

  async list({ limit, page }: Page): Promise<Member[]> {
    const documents = await this.#connection.read<UserDocument>(this.#database, {
      find: USERS,
      filter: {},
      sort: { _id: 1 },
      skip: before({ limit, page }),
      limit,
    })
    return documents.map(toMember)
  }

  async create(user: NewUser): Promise<User | undefined> {
    // Who lost the race to be first sees the winner the second time; then only the email can stand in the way.
    const created = (await this.#register(user)) ?? (await this.#register(user))
    return created ?? (user.claim ? this.#claim(user) : undefined)
  }

  async add(member: NewMember): Promise<Member | undefined> {
    const document = await this.#insert({
      _id: uuidv7(),
      ...member,
      password_hash: null,
      created_at: new Date(),
    })
    return document && toMember(document)
  }

  async changePassword(id: string, { from, to }: PasswordChange): Promise<boolean> {
    const result = await this.#run((users, limits) =>
      users.updateOne({ _id: id, password_hash: from }, { $set: { password_hash: to } }, limits),
    )
    return result.matchedCount === 1
  }

  async #register({ email, password_hash }: NewUser): Promise<User | undefined> {
    const [other] = await this.#connection.read(this.#database, {
      find: USERS,
      filter: {},
      projection: { _id: 1 },
      limit: 1,
    })
    const document = await this.#insert({
      _id: uuidv7(),
      email,
      name: null,
      role: other ? 'member' : 'admin',
      password_hash,
      ...(!other && { founder: true }),
      created_at: new Date(),
    })
    return document && toUser(document)
  }

  async #claim({ email, password_hash }: NewUser): Promise<User | undefined> {
    const document = await this.#run((users, limits) =>
      users.findOneAndUpdate(
        { email, password_hash: null },
        { $set: { password_hash } },
        { returnDocument: 'after', ...limits },
      ),
    )
    return document ? toUser(document) : undefined
  }

  /** `undefined` when one of the unique fields is taken. */
  async #insert(document: UserDocument): Promise<UserDocument | undefined> {
    try {
      await this.#run((users, limits) => users.insertOne(document, limits))
    } catch (error) {
      if (error instanceof Problem && error.code === 'conflict') return undefined
      throw error
    }
    return document
  }

  #run<T>(
    operation: (users: Collection<UserDocument>, limits: { maxTimeMS: number }) => Promise<T>,
  ): Promise<T> {
    return this.#connection.run(this.#database, (db, limits) =>
      operation(db.collection<UserDocument>(USERS), limits),
    )
  }
}

function toUser({ _id, founder: _, ...user }: UserDocument): User {
  return { id: _id, ...user }
}

function toMember(document: UserDocument): Member {
  const { password_hash: _, ...member } = toUser(document)
  return member
}
