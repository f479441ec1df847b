import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { BODY_PROBLEMS, json, takes, tenantProblems } from '../openapi.ts'
import { Reading } from '../read.ts'
import { NewTask, TaskAnswer, TaskChange, TaskQuery } from './task.ts'

const tags = ['Company']
const company_id = z.string()
const ofProject = z.object({ project_id: z.string() })
const params = z.object({ task_id: z.string() })

const Found = z.object({ company_id, task: TaskAnswer })

export const listTasks = createRoute({
  method: 'get',
  path: '/projects/{project_id}/tasks',
  tags,
  summary: 'List the tasks of a project by status, oldest first',
  request: { params: ofProject, query: TaskQuery.extend(Reading.shape) },
  responses: {
    200: json(z.object({ company_id, tasks: z.array(TaskAnswer) }), 'A page of tasks'),
    ...tenantProblems('invalid_request', 'not_found'),
  },
})

export const createTask = createRoute({
  method: 'post',
  path: '/projects/{project_id}/tasks',
  tags,
  summary: 'Create a task in a project, as a member',
  ...takes(NewTask, { params: ofProject }),
  responses: {
    201: json(Found, 'The task is stored; `Location` says where'),
    ...tenantProblems(...BODY_PROBLEMS, 'forbidden', 'conflict', 'unprocessable', 'not_found'),
  },
})

export const findTask = createRoute({
  method: 'get',
  path: '/tasks/{task_id}',
  tags,
  summary: 'Read a task',
  request: { params, query: Reading },
  responses: { 200: json(Found, 'The task'), ...tenantProblems('invalid_request', 'not_found') },
})

export const changeTask = createRoute({
  method: 'patch',
  path: '/tasks/{task_id}',
  tags,
  summary: 'Change the status of a task, as a member',
  ...takes(TaskChange, { params }),
  responses: {
    200: json(Found, 'The task as it is now'),
    ...tenantProblems(...BODY_PROBLEMS, 'forbidden', 'conflict', 'unprocessable', 'not_found'),
  },
})
