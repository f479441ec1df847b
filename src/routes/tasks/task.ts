import { v7 as uuidv7 } from 'uuid'
import { z } from 'zod'
import { time } from '../openapi.ts'
import { Page } from '../page.ts'
import { text } from '../text.ts'

/** The collection that tasks are kept in. */
export const TASKS = 'tasks'

export const TASK_STATUSES = ['todo', 'active', 'completed'] as const
const status = z.enum(TASK_STATUSES)

export const NewTask = z.strictObject({ title: text(1, 300), status: status.default('todo') })
export type NewTask = z.infer<typeof NewTask>

export const TaskChange = z.strictObject({ status })
export type TaskChange = z.infer<typeof TaskChange>

/** Which tasks of a project are asked for: a page of all, or of those in a status. */
export const TaskQuery = Page.extend({ status: status.optional() })
export type TaskQuery = z.infer<typeof TaskQuery>

export interface Task {
  readonly id: string
  readonly project_id: string
  readonly title: string
  readonly status: (typeof TASK_STATUSES)[number]
  readonly created_at: Date
  readonly updated_at: Date
}

/** A task as it is answered. */
export const TaskAnswer = z
  .object({
    id: z.string(),
    project_id: z.string(),
    title: z.string(),
    status,
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Task' })

/** A task that is whole before its first write, so that writing it twice makes one. */
export function draftTask(projectId: string, { title, status }: NewTask, now: Date): Task {
  return { id: uuidv7(), project_id: projectId, title, status, created_at: now, updated_at: now }
}
