import type { Collection, Db } from 'mongodb'
import type { MongoConnection } from '../../engines/mongo-connection.ts'
import type { Limits } from '../../engines/mongo-read.ts'
import { Problem } from '../../problem.ts'
import { databaseOf } from '../../tenants/tenant.ts'
import { before, type Page } from '../page.ts'
import { type TaskDocument, toDocument } from '../tasks/mongo.ts'
import { TASKS } from '../tasks/task.ts'
import {
  draftPlan,
  type NewProject,
  type Plan,
  PROJECTS,
  type Project,
  type ProjectChange,
} from './project.ts'
import type { ProjectStore } from './store.ts'

interface ProjectDocument extends Omit<Project, 'id'> {
  readonly _id: string
}

const BY_NAME = { name: 1, _id: 1 } as const

/** Creates the indexes of the projects collection; safe to repeat. */
export async function projectsIndexes(db: Db, limits: Limits): Promise<void> {
  await db.collection(PROJECTS).createIndex(BY_NAME, { name: 'projects_name', ...limits })
}

export class MongoProjects implements ProjectStore {
  readonly #connection: MongoConnection
  readonly #database: string

  constructor(connection: MongoConnection, tenantId: string) {
    this.#connection = connection
    this.#database = databaseOf(tenantId)
  }

  async list(page: Page): Promise<Project[]> {
    const documents = await this.#connection.read<ProjectDocument>(this.#database, {
      find: PROJECTS,
      filter: {},
      sort: BY_NAME,
      skip: before(page),
      limit: page.limit,
    })
    return documents.map(toProject)
  }

  /**
   * The project last: without a transaction, tasks whose project never came are in no list and no figure, where a
   * project without its tasks would be.
   */
  async create(newProject: NewProject): Promise<Plan> {
    const plan = draftPlan(newProject, new Date())
    const { id, ...fields } = plan.project
    const project = { _id: id, ...fields }
    if (plan.tasks.length === 0) {
      await this.#run((projects, limits) => projects.insertOne(project, limits))
      return plan
    }
    try {
      await this.#connection.atomically(this.#database, async (db, options) => {
        await db.collection<TaskDocument>(TASKS).insertMany(plan.tasks.map(toDocument), options)
        await db.collection<ProjectDocument>(PROJECTS).insertOne(project, options)
      })
    } catch (error) {
      // What cannot be taken back now is seen by nobody; the answer is still about what was refused.
      if (isRefusal(error)) await this.#removeTasks(id).catch(() => {})
      throw error
    }
    return plan
  }

  async find(id: string): Promise<Project | undefined> {
    const [document] = await this.#connection.read<ProjectDocument>(this.#database, {
      find: PROJECTS,
      filter: { _id: id },
      limit: 1,
    })
    return document ? toProject(document) : undefined
  }

  async change(id: string, { name, status }: ProjectChange): Promise<Project | undefined> {
    const $set = {
      ...(name !== undefined && { name }),
      ...(status !== undefined && { status }),
      updated_at: new Date(),
    }
    const document = await this.#run((projects, limits) =>
      projects.findOneAndUpdate({ _id: id }, { $set }, { returnDocument: 'after', ...limits }),
    )
    return document ? toProject(document) : undefined
  }

  /** The project first: from then on nobody adds a task to it, see `MongoTasks.create`. */
  async remove(id: string): Promise<boolean> {
    const removed = await this.#connection.atomically(this.#database, async (db, options) => {
      const { deletedCount } = await db.collection<ProjectDocument>(PROJECTS).deleteOne({ _id: id }, options)
      const tasks = await db.collection(TASKS).deleteMany({ project_id: id }, options)
      return deletedCount + tasks.deletedCount
    })
    // A transaction deletes what was there when it began; a task may have come before it ended.
    if (removed > 0) await this.#removeTasks(id)
    return removed > 0
  }

  async #removeTasks(projectId: string): Promise<void> {
    await this.#connection.run(this.#database, (db, limits) =>
      db.collection(TASKS).deleteMany({ project_id: projectId }, limits),
    )
  }

  #run<T>(
    operation: (projects: Collection<ProjectDocument>, limits: { maxTimeMS: number }) => Promise<T>,
  ): Promise<T> {
    return this.#connection.run(this.#database, (db, limits) =>
      operation(db.collection<ProjectDocument>(PROJECTS), limits),
    )
  }
}

/** Whether the database said no, and did not just fail to say anything: then a write may yet have been done. */
function isRefusal(error: unknown): boolean {
  return error instanceof Problem && error.status < 500
}

function toProject({ _id, ...project }: ProjectDocument): Project {
  return { id: _id, ...project }
}
