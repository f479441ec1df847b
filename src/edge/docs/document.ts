import { OpenAPIHono } from '@hono/zod-openapi'
import { PROBLEM_CODES } from '../../problem.ts'
import { PROBLEM_SCHEMA } from '../../routes/openapi.ts'

/** Apps whose routes are described. */
export interface DescribedApps {
  readonly edge: Pick<OpenAPIHono, 'openAPIRegistry'>
  /** What is forwarded to where a tenant's requests run. */
  readonly tenants: Pick<OpenAPIHono, 'openAPIRegistry'>
}

export type ApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>

/** Which of them a deployment takes, its variable TENANT_SOURCES says. */
const TENANT_SECURITY = [{ userToken: [] }, { userIdHeader: [] }, { userIdQuery: [] }]

/** The OpenAPI 3.1 document of every route. It takes milliseconds of CPU: for when somebody asks. */
export function apiDocument({ edge, tenants }: DescribedApps): ApiDocument {
  const all = new OpenAPIHono()
  const registry = all.openAPIRegistry
  for (const { type, ...definition } of tenants.openAPIRegistry.definitions) {
    if ('route' in definition) registry.registerPath({ ...definition.route, security: TENANT_SECURITY })
  }
  for (const { type, ...definition } of edge.openAPIRegistry.definitions) {
    if ('route' in definition) registry.registerPath(definition.route)
  }
  registry.registerComponent('schemas', PROBLEM_SCHEMA, PROBLEM)
  registry.registerComponent('securitySchemes', 'userToken', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The tenant is the claim `user_id`, else `sub`.',
  })
  registry.registerComponent('securitySchemes', 'userIdHeader', {
    type: 'apiKey',
    in: 'header',
    name: 'X-User-ID',
    description: 'For development: everybody can write a header.',
  })
  registry.registerComponent('securitySchemes', 'userIdQuery', {
    type: 'apiKey',
    in: 'query',
    name: 'user_id',
    description: 'For development.',
  })
  registry.registerComponent('securitySchemes', 'adminToken', {
    type: 'http',
    scheme: 'bearer',
    description: 'The secret `ADMIN_TOKEN`.',
  })
  return all.getOpenAPI31Document({ openapi: '3.1.0', info: INFO })
}

const INFO = {
  title: 'Rockpool',
  version: '0.1.0',
  description:
    'Tenant-keyed database pools at the edge. Every refusal is a problem (RFC 9457) with a stable `code`. ' +
    'A body has at most 1 MiB, counted as compact JSON in UTF-8, whether its characters are escaped or not.',
  license: { name: 'MIT', identifier: 'MIT' },
}

const PROBLEM = {
  type: 'object' as const,
  description: 'RFC 9457. 503 and 504 have `Retry-After`.',
  required: ['type', 'title', 'status', 'code', 'request_id'],
  properties: {
    type: { type: 'string' as const },
    title: { type: 'string' as const },
    status: { type: 'integer' as const },
    code: { type: 'string' as const, enum: [...PROBLEM_CODES] },
    detail: { type: 'string' as const },
    field: { type: 'string' as const, description: 'What of the request is at fault.' },
    request_id: { type: 'string' as const },
  },
}
