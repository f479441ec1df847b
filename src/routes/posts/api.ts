import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { BODY_PROBLEMS, json, takes, tenantProblems } from '../openapi.ts'
import { Reading } from '../read.ts'
import { NewPost, Page, PostAnswer, PostChange, PostDetailAnswer, PostStatsAnswer } from './post.ts'

const tags = ['Posts']
const params = z.object({ post_id: z.string() })
const named = { user_id: z.string(), post_id: z.string() }

const Found = z.object({ user_id: z.string(), post: PostDetailAnswer })
const Done = z.object({ ...named, message: z.string() })

const headers = {
  etag: {
    description: "For `If-Match`, which goes by the post's version alone, and for `If-None-Match`",
    schema: { type: 'string' as const },
  },
}

export const listPosts = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'List posts, newest first',
  request: { query: Page.extend(Reading.shape) },
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

export const readPostStats = createRoute({
  method: 'get',
  path: '/stats',
  tags,
  summary: 'Count posts, views and likes',
  request: { query: Reading },
  responses: {
    200: json(PostStatsAnswer, 'The sums; zeros on an empty blog'),
    ...tenantProblems('invalid_request'),
  },
})

export const findPost = createRoute({
  method: 'get',
  path: '/{post_id}',
  tags,
  summary: 'Read a post with its first comments',
  request: { params, query: Reading, headers: z.object({ 'if-none-match': z.string().optional() }) },
  responses: {
    200: { ...json(Found, 'The post'), headers },
    304: { description: 'The caller has the post as it is', headers },
    ...tenantProblems('invalid_request', 'not_found'),
  },
})

export const changePost = createRoute({
  method: 'put',
  path: '/{post_id}',
  tags,
  summary: 'Change a post: any of title, content and tags',
  ...takes(PostChange, { params, headers: z.object({ 'if-match': z.string().optional() }) }),
  responses: {
    200: { ...json(Found, 'The post as it is now'), headers },
    ...tenantProblems(...BODY_PROBLEMS, 'unprocessable', 'not_found', 'precondition_failed'),
  },
})

export const deletePost = createRoute({
  method: 'delete',
  path: '/{post_id}',
  tags,
  summary: 'Delete a post with its comments',
  request: { params },
  responses: { 200: json(Done, 'The post is deleted'), ...tenantProblems('not_found') },
})

export const viewPost = createRoute({
  method: 'post',
  path: '/{post_id}/views',
  tags,
  summary: 'Count a view',
  request: { params },
  responses: {
    200: json(z.object({ ...named, views: z.number() }), 'The views there are now'),
    ...tenantProblems('not_found'),
  },
})

export const likePost = createRoute({
  method: 'post',
  path: '/{post_id}/likes',
  tags,
  summary: 'Count a like',
  request: { params },
  responses: {
    200: json(z.object({ ...named, likes: z.number() }), 'The likes there are now'),
    ...tenantProblems('not_found'),
  },
})
