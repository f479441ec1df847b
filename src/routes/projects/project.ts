import { v7 as uuidv7 } from 'uuid'
import { z } from 'zod'
import { time } from '../openapi.ts'
import { draftTask, NewTask, type Task } from '../tasks/task.ts'
import { text } from '../text.ts'

/** The collection that projects are kept in. */
export const PROJECTS = 'projects'

export const PROJECT_STATUSES = ['active', 'archived'] as const
const status = z.enum(PROJECT_STATUSES)
const name = text(1, 200)

/** A project, with its first tasks. */
export const NewProject = z.strictObject({ name, tasks: z.array(NewTask).max(100).default([]) })
export type NewProject = z.infer<typeof NewProject>

export const ProjectChange = z
  .strictObject({ name: name.optional(), status: status.optional() })
  .refine((change) => Object.keys(change).length > 0, 'Give at least one of name and status.')
export type ProjectChange = z.infer<typeof ProjectChange>

export interface Project {
  readonly id: string
  readonly name: string
  readonly status: (typeof PROJECT_STATUSES)[number]
  readonly created_at: Date
  readonly updated_at: Date
}

/** A project as it is answered. */
export const ProjectAnswer = z
  .object({ id: z.string(), name: z.string(), status, created_at: time, updated_at: time })
  .meta({ id: 'Project' })

/** A project with its first tasks. */
export interface Plan {
  readonly project: Project
  readonly tasks: readonly Task[]
}

/** A plan that is whole, ids and all, before its first write. */
export function draftPlan({ name, tasks }: NewProject, now: Date): Plan {
  const id = uuidv7()
  return {
    project: { id, name, status: 'active', created_at: now, updated_at: now },
    tasks: tasks.map((task) => draftTask(id, task, now)),
  }
}
