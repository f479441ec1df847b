import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { BODY_PROBLEMS, json, takes, tenantProblems } from '../openapi.ts'
import { Reading } from '../read.ts'
import { CommentAnswer, CommentPage, NewComment } from './comment.ts'

const tags = ['Comments']
const path = '/{post_id}/comments'
const params = z.object({ post_id: z.string() })

const Page = z.object({
  user_id: z.string(),
  post_id: z.string(),
  comments: z.array(CommentAnswer).readonly(),
  cursor: z.string().nullable().meta({ description: 'Asks for the next page; null on the last one.' }),
})

export const listComments = createRoute({
  method: 'get',
  path,
  tags,
  summary: "List a post's comments, oldest first",
  request: { params, query: CommentPage.extend(Reading.shape) },
  responses: {
    200: json(Page, 'A page of comments'),
    ...tenantProblems('invalid_request', 'not_found'),
  },
})

export const createComment = createRoute({
  method: 'post',
  path,
  tags,
  summary: 'Comment on a post',
  ...takes(NewComment, { params }),
  responses: {
    201: json(
      z.object({ user_id: z.string(), post_id: z.string(), comment: CommentAnswer }),
      'The comment is stored',
    ),
    ...tenantProblems(...BODY_PROBLEMS, 'unprocessable', 'not_found'),
  },
})
