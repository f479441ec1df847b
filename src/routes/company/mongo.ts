import type { Db } from 'mongodb'
import type { MongoConnection } from '../../engines/mongo-connection.ts'
import type { Limits } from '../../engines/mongo-read.ts'
import { databaseOf } from '../../tenants/tenant.ts'
import { PROJECTS } from '../projects/project.ts'
import { TASKS } from '../tasks/task.ts'
import { USERS } from '../users/user.ts'
import { type Analytics, type Company, METADATA } from './company.ts'
import type { CompanyStore } from './store.ts'

interface MetadataDocument extends Company {
  readonly _id: string
}

/** Creates a tenant's metadata record; safe to repeat. */
export async function metadataRecord(db: Db, tenantId: string, limits: Limits): Promise<void> {
  await db
    .collection<MetadataDocument>(METADATA)
    .updateOne({ _id: tenantId }, { $setOnInsert: { created_at: new Date() } }, { upsert: true, ...limits })
}

export class MongoCompany implements CompanyStore {
  readonly #connection: MongoConnection
  readonly #tenantId: string
  readonly #database: string

  constructor(connection: MongoConnection, tenantId: string) {
    this.#connection = connection
    this.#tenantId = tenantId
    this.#database = databaseOf(tenantId)
  }

  async find(): Promise<Company | undefined> {
    const [document] = await this.#connection.read<Company>(this.#database, {
      find: METADATA,
      filter: { _id: this.#tenantId },
      projection: { _id: 0 },
      limit: 1,
    })
    return document
  }

  async analytics(): Promise<Analytics> {
    const parts = await this.#connection.read<Partial<Analytics>>(this.#database, {
      aggregate: USERS,
      pipeline: FIGURES,
    })
    return Object.assign({ ...NOTHING }, ...parts)
  }
}

const NOTHING: Analytics = {
  total_users: 0,
  total_projects: 0,
  total_tasks: 0,
  active_projects: 0,
  completed_tasks: 0,
}

const countOf = (status: string) => ({ $sum: { $cond: [{ $eq: ['$status', status] }, 1, 0] } })

/** One document for each collection that is not empty. Of the tasks only those count whose project is there. */
const FIGURES = [
  { $count: 'total_users' },
  {
    $unionWith: {
      coll: PROJECTS,
      pipeline: [
        { $group: { _id: null, total_projects: { $sum: 1 }, active_projects: countOf('active') } },
        { $project: { _id: 0 } },
      ],
    },
  },
  {
    $unionWith: {
      coll: TASKS,
      pipeline: [
        { $group: { _id: '$project_id', total: { $sum: 1 }, completed: countOf('completed') } },
        { $lookup: { from: PROJECTS, localField: '_id', foreignField: '_id', as: 'project' } },
        { $match: { project: { $ne: [] } } },
        {
          $group: { _id: null, total_tasks: { $sum: '$total' }, completed_tasks: { $sum: '$completed' } },
        },
        { $project: { _id: 0 } },
      ],
    },
  },
]
