import { type Answer, as } from '../support.ts'

export interface User {
  id: string
  email: string
  name: string | null
  role: string
  created_at: string
}

export interface Project {
  id: string
  name: string
  status: string
  created_at: string
  updated_at: string
}

export interface Task {
  id: string
  project_id: string
  title: string
  status: string
  created_at: string
  updated_at: string
}

export interface Created {
  company_id: string
  project: Project
  tasks: Task[]
}

/** What a tenant asks of its company. */
export function companyOf(tenant: string) {
  return <Body = Record<string, unknown>>(
    path: string,
    method = 'GET',
    body?: unknown,
  ): Promise<Answer<Body>> => as<Body>(tenant, `/api/company${path}`, method, body)
}

/** A project with the tasks of these titles. */
export const planned = (name: string, ...titles: string[]) => ({
  name,
  tasks: titles.map((title) => ({ title })),
})

export const NO_FIGURES = {
  total_users: 0,
  total_projects: 0,
  total_tasks: 0,
  active_projects: 0,
  completed_tasks: 0,
}
