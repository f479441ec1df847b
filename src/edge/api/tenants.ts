import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { BODY_PROBLEMS, DATABASE_PROBLEMS, json, takes, time } from '../../routes/openapi.ts'
import { TenantRecord } from '../../tenants/record.ts'
import { NewTenant, TenantChange, TenantDeletion, TenantPage } from '../tenant-input.ts'
import { ADMIN, adminProblems } from './admin-problems.ts'

const common = { tags: ['Tenants'], security: ADMIN }
const params = z.object({ id: z.string() })
const DIRECTORY = ['directory_read_only', 'directory_unavailable'] as const

const { connection: _, created_at: __, updated_at: ___, ...shown } = TenantRecord.shape

const Tenant = z
  .object({
    ...shown,
    own_connection: z.boolean(),
    created_at: time.nullable(),
    updated_at: time.nullable(),
  })
  .meta({ id: 'Tenant', description: 'Times are null for a tenant of the variable TENANTS.' })

export const createTenant = createRoute({
  ...common,
  method: 'post',
  path: '/',
  summary: 'Onboard a tenant',
  ...takes(NewTenant),
  responses: {
    201: json(Tenant, 'Its database is ready and its record written'),
    200: json(Tenant, 'It was there already'),
    ...adminProblems(...BODY_PROBLEMS, 'conflict', ...DIRECTORY, ...DATABASE_PROBLEMS),
  },
})

export const listTenants = createRoute({
  ...common,
  method: 'get',
  path: '/',
  summary: 'List tenants',
  request: { query: TenantPage },
  responses: {
    200: json(
      z.object({ tenants: z.array(Tenant), cursor: z.string().nullable() }),
      'Follow `cursor` until it is null',
    ),
    ...adminProblems('invalid_request', 'directory_unavailable'),
  },
})

export const readTenant = createRoute({
  ...common,
  method: 'get',
  path: '/{id}',
  summary: 'Look at a tenant',
  request: { params },
  responses: { 200: json(Tenant, 'Its record'), ...adminProblems('not_found', 'directory_unavailable') },
})

export const changeTenant = createRoute({
  ...common,
  method: 'patch',
  path: '/{id}',
  summary: 'Change a tenant',
  ...takes(TenantChange, { params }),
  responses: {
    200: json(Tenant, 'Its record as it is now'),
    ...adminProblems(...BODY_PROBLEMS, 'not_found', 'conflict', ...DIRECTORY, ...DATABASE_PROBLEMS),
  },
})

export const deleteTenant = createRoute({
  ...common,
  method: 'delete',
  path: '/{id}',
  summary: 'Delete a tenant, with purge=true its data too',
  request: { params, query: TenantDeletion },
  responses: {
    200: json(
      z.object({ id: z.string(), deleted: z.boolean(), purged: z.boolean(), pools_closed: z.number() }),
      'It is deleted',
    ),
    ...adminProblems('invalid_request', 'not_found', 'conflict', ...DIRECTORY, ...DATABASE_PROBLEMS),
  },
})
