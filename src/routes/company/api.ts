import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { BODY_PROBLEMS, json, takes, tenantProblems } from '../openapi.ts'
import { Page } from '../page.ts'
import { Reading } from '../read.ts'
import { MemberAnswer, NamedMember } from '../users/user.ts'
import { Analytics, CompanyAnswer } from './company.ts'

const tags = ['Company']
const company_id = z.string()

export const findCompany = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'Read when the company was onboarded',
  request: { query: Reading },
  responses: { 200: json(CompanyAnswer, 'The company'), ...tenantProblems('invalid_request', 'not_found') },
})

export const readAnalytics = createRoute({
  method: 'get',
  path: '/analytics',
  tags,
  summary: 'Count users, projects and tasks',
  request: { query: Reading },
  responses: {
    200: json(Analytics.extend({ company_id }), 'The company in figures'),
    ...tenantProblems('invalid_request'),
  },
})

export const listMembers = createRoute({
  method: 'get',
  path: '/users',
  tags,
  summary: 'List users, oldest first',
  request: { query: Page.extend(Reading.shape) },
  responses: {
    200: json(z.object({ company_id, users: z.array(MemberAnswer) }), 'A page of users'),
    ...tenantProblems('invalid_request'),
  },
})

export const addMember = createRoute({
  method: 'post',
  path: '/users',
  tags,
  summary: 'Add a user, as an admin',
  ...takes(NamedMember),
  responses: {
    201: json(z.object({ company_id, user: MemberAnswer }), 'The user is stored, without a password'),
    ...tenantProblems(...BODY_PROBLEMS, 'forbidden', 'email_taken', 'unprocessable'),
  },
})
