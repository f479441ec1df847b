import { z } from 'zod'
import { Problem } from '../../problem.ts'
import { whole } from '../input.ts'
import { time } from '../openapi.ts'
import { text } from '../text.ts'

/** `author` is the name to show; nobody checks it. */
export const NewComment = z.strictObject({
  content: text(1, 10_000),
  author: text(1, 100).nullable().default(null),
})
export type NewComment = z.infer<typeof NewComment>

export const CommentPage = z.object({
  limit: whole(1, 100).default(20),
  cursor: z.string().max(36).optional().meta({ description: 'The `cursor` of the page before.' }),
})
export type CommentPage = z.infer<typeof CommentPage>

/** The comments that a post brings along. */
export const FIRST_PAGE: CommentPage = { limit: 20 }

export interface Comment {
  readonly id: string
  readonly author: string | null
  readonly content: string
  readonly created_at: Date
}

/** A page of a post's comments, oldest first. */
export interface CommentList {
  readonly comments: readonly Comment[]
  /** What asks for the next page; `null` on the last one. */
  readonly cursor: string | null
}

/** The page that starts with `rows`, of which there is one more than `limit` where the page is not the last. */
export function pageOf(rows: readonly Comment[], limit: number): CommentList {
  const comments = rows.slice(0, limit)
  return { comments, cursor: rows.length > limit ? (comments.at(-1)?.id ?? null) : null }
}

export function badCursor(): Problem {
  return new Problem('invalid_request', {
    field: 'cursor',
    detail: 'Expected the cursor of an earlier answer.',
  })
}

/** A comment as it is answered. */
export const CommentAnswer = z
  .object({ id: z.string(), author: z.string().nullable(), content: z.string(), created_at: time })
  .meta({ id: 'Comment' })
