import { createRoute } from '@hono/zod-openapi'
import { ADMIN, adminProblems } from './admin-problems.ts'

const text = { schema: { type: 'string' as const } }

export const readMetrics = createRoute({
  method: 'get',
  path: '/',
  tags: ['Operations'],
  summary: 'Everything that is counted, for Prometheus',
  security: ADMIN,
  responses: {
    200: {
      description: "Prometheus' text format 0.0.4, or OpenMetrics 1.0 for who prefers it",
      content: { 'text/plain': text, 'application/openmetrics-text': text },
    },
    ...adminProblems(),
  },
})
