import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { BODY_PROBLEMS, json, takes, tenantProblems } from '../openapi.ts'
import { NewPost, Page, PostAnswer, PostChange } from './post.ts'

const tags = ['Posts']
const params = z.object({ post_id: z.string() })

const Found = z.object({ user_id: z.string(), post: PostAnswer })
const Done = z.object({ user_id: z.string(), post_id: z.string(), message: z.string() })

export const listPosts = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'List posts, newest first',
  request: { query: Page },
  responses: {
    200: json(z.object({ user_id: z.string(), posts: z.array(PostAnswer) }), 'A page of posts'),
    ...tenantProblems('invalid_request'),
  },
})

export const createPost = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Create a post',
  ...takes(NewPost),
  responses: {
    201: json(Done, 'The post is stored; `Location` says where'),
    ...tenantProblems(...BODY_PROBLEMS, 'unprocessable'),
  },
})

export const findPost = createRoute({
  method: 'get',
  path: '/{post_id}',
  tags,
  summary: 'Read a post',
  request: { params },
  responses: { 200: json(Found, 'The post'), ...tenantProblems('not_found') },
})

export const changePost = createRoute({
  method: 'put',
  path: '/{post_id}',
  tags,
  summary: 'Change a post: any of title, content and tags',
  ...takes(PostChange, { params }),
  responses: {
    200: json(Found, 'The post as it is now'),
    ...tenantProblems(...BODY_PROBLEMS, 'unprocessable', 'not_found'),
  },
})

export const deletePost = createRoute({
  method: 'delete',
  path: '/{post_id}',
  tags,
  summary: 'Delete a post',
  request: { params },
  responses: { 200: json(Done, 'The post is deleted'), ...tenantProblems('not_found') },
})
