import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { json } from '../../routes/openapi.ts'

const tags = ['About']
const page = { 'text/html': { schema: { type: 'string' as const } } }

const About = z
  .object({
    name: z.string(),
    description: z.string(),
    docs: z.string(),
    openapi: z.string(),
    health: z.string(),
  })
  .meta({ id: 'About' })

export const readAbout = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'What this is, and where to go',
  responses: {
    200: {
      description: 'As a page for who prefers HTML',
      content: { ...json(About, '').content, ...page },
    },
  },
})

export const readDocument = createRoute({
  method: 'get',
  path: '/openapi.json',
  tags,
  summary: 'This document',
  responses: { 200: json(z.looseObject({ openapi: z.string() }), 'OpenAPI 3.1') },
})

export const readDocs = createRoute({
  method: 'get',
  path: '/docs',
  tags,
  summary: 'This document as a page',
  responses: { 200: { description: 'A page without scripts', content: page } },
})
