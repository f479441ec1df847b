import type { Collection, Db } from 'mongodb'
import type { MongoConnection } from '../../engines/mongo-connection.ts'
import type { Limits } from '../../engines/mongo-read.ts'
import { databaseOf } from '../../tenants/tenant.ts'
import { before } from '../page.ts'
import { PROJECTS } from '../projects/project.ts'
import type { TaskStore } from './store.ts'
import { draftTask, type NewTask, TASKS, type Task, type TaskChange, type TaskQuery } from './task.ts'

/** A task as MongoDB keeps it. */
export interface TaskDocument extends Omit<Task, 'id'> {
  readonly _id: string
}

/** Creates the indexes of the tasks collection; safe to repeat. */
export async function tasksIndexes(db: Db, limits: Limits): Promise<void> {
  const key = { project_id: 1, status: 1, _id: 1 } as const
  await db.collection(TASKS).createIndex(key, { name: 'tasks_project_status', ...limits })
}

export class MongoTasks implements TaskStore {
  readonly #connection: MongoConnection
  readonly #database: string

  constructor(connection: MongoConnection, tenantId: string) {
    this.#connection = connection
    this.#database = databaseOf(tenantId)
  }

  async list(projectId: string, query: TaskQuery): Promise<Task[] | undefined> {
    // Asked in any case: tasks may be left of a project whose deletion did not come to its end.
    if (!(await this.#hasProject(projectId))) return undefined
    const { status, limit } = query
    const documents = await this.#connection.read<TaskDocument>(this.#database, {
      find: TASKS,
      filter: { project_id: projectId, ...(status !== undefined && { status }) },
      sort: { status: 1, _id: 1 },
      skip: before(query),
      limit,
    })
    return documents.map(toTask)
  }

  async create(projectId: string, task: NewTask): Promise<Task | undefined> {
    const draft = draftTask(projectId, task, new Date())
    await this.#run((tasks, limits) => tasks.insertOne(toDocument(draft), limits))
    // Stored first and asked second, while a deletion takes the project first and its tasks second: whichever way the
    // two meet, no task stays behind without its project.
    if (await this.#hasProject(projectId)) return draft
    await this.#run((tasks, limits) => tasks.deleteOne({ _id: draft.id }, limits))
    return undefined
  }

  async find(id: string): Promise<Task | undefined> {
    const [document] = await this.#connection.read<TaskDocument>(this.#database, {
      find: TASKS,
      filter: { _id: id },
      limit: 1,
    })
    return document ? toTask(document) : undefined
  }

  async change(id: string, { status }: TaskChange): Promise<Task | undefined> {
    const $set = { status, updated_at: new Date() }
    const document = await this.#run((tasks, limits) =>
      tasks.findOneAndUpdate({ _id: id }, { $set }, { returnDocument: 'after', ...limits }),
    )
    return document ? toTask(document) : undefined
  }

  async #hasProject(_id: string): Promise<boolean> {
    const found = await this.#connection.read(this.#database, {
      find: PROJECTS,
      filter: { _id },
      projection: { _id: 1 },
      limit: 1,
    })
    return found.length > 0
  }

  #run<T>(
    operation: (tasks: Collection<TaskDocument>, limits: { maxTimeMS: number }) => Promise<T>,
  ): Promise<T> {
    return this.#connection.run(this.#database, (db, limits) =>
      operation(db.collection<TaskDocument>(TASKS), limits),
    )
  }
}

export function toDocument({ id, ...task }: Task): TaskDocument {
  return { _id: id, ...task }
}

function toTask({ _id, ...task }: TaskDocument): Task {
  return { id: _id, ...task }
}
