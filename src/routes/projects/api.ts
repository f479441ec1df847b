import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { BODY_PROBLEMS, json, takes, tenantProblems } from '../openapi.ts'
import { Page } from '../page.ts'
import { Reading } from '../read.ts'
import { TaskAnswer } from '../tasks/task.ts'
import { NewProject, ProjectAnswer, ProjectChange } from './project.ts'

const tags = ['Company']
const company_id = z.string()
const params = z.object({ project_id: z.string() })

const Found = z.object({ company_id, project: ProjectAnswer })

export const listProjects = createRoute({
  method: 'get',
  path: '/projects',
  tags,
  summary: 'List projects by name',
  request: { query: Page.extend(Reading.shape) },
  responses: {
    200: json(z.object({ company_id, projects: z.array(ProjectAnswer) }), 'A page of projects'),
    ...tenantProblems('invalid_request'),
  },
})

export const createProject = createRoute({
  method: 'post',
  path: '/projects',
  tags,
  summary: 'Create a project with its first tasks, as an admin',
  ...takes(NewProject),
  responses: {
    201: json(
      Found.extend({ tasks: z.array(TaskAnswer).readonly() }),
      'The project is stored with all of its tasks; `Location` says where',
    ),
    ...tenantProblems(...BODY_PROBLEMS, 'forbidden', 'conflict', 'unprocessable'),
  },
})

export const findProject = createRoute({
  method: 'get',
  path: '/projects/{project_id}',
  tags,
  summary: 'Read a project',
  request: { params, query: Reading },
  responses: { 200: json(Found, 'The project'), ...tenantProblems('invalid_request', 'not_found') },
})

export const changeProject = createRoute({
  method: 'patch',
  path: '/projects/{project_id}',
  tags,
  summary: 'Change the name or the status of a project, as an admin',
  ...takes(ProjectChange, { params }),
  responses: {
    200: json(Found, 'The project as it is now'),
    ...tenantProblems(...BODY_PROBLEMS, 'forbidden', 'conflict', 'unprocessable', 'not_found'),
  },
})

export const deleteProject = createRoute({
  method: 'delete',
  path: '/projects/{project_id}',
  tags,
  summary: 'Delete a project with its tasks, as an admin',
  request: { params },
  responses: {
    200: json(
      z.object({ company_id, project_id: z.string(), message: z.string() }),
      'The project and its tasks are deleted',
    ),
    ...tenantProblems('forbidden', 'not_found'),
  },
})
