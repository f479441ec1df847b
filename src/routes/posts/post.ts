import { z } from 'zod'
import { hashOf } from '../../tenants/hash.ts'
import { type Comment, CommentAnswer } from '../comments/comment.ts'
import { etagOf } from '../etag.ts'
import { time } from '../openapi.ts'
import { Page as AnyPage } from '../page.ts'
import { text } from '../text.ts'

/** The resource that kept answers about posts belong to: what a write to one makes out of date. */
export const POSTS = 'posts'

const title = text(1, 300)
const content = text(0, 200_000)
const tag = text(1, 50)
const tags = z.array(tag).max(20)

export const NewPost = z.strictObject({ title, content, tags: tags.default([]) })
export type NewPost = z.infer<typeof NewPost>

export const PostChange = z
  .strictObject({ title: title.optional(), content: content.optional(), tags: tags.optional() })
  .refine((change) => Object.keys(change).length > 0, 'Give at least one of title, content and tags.')
export type PostChange = z.infer<typeof PostChange>

export const Page = AnyPage.extend({
  tag: tag.optional(),
  sort: z.enum(['-created_at', 'created_at']).default('-created_at'),
})
export type Page = z.infer<typeof Page>

export interface Post {
  readonly id: string
  readonly title: string
  readonly content: string
  readonly tags: readonly string[]
  readonly views: number
  readonly likes: number
  readonly created_at: Date
  readonly updated_at: Date
}

/** A post with the first page of its comments. */
export interface PostDetail extends Post {
  readonly comments: readonly Comment[]
  /** What asks for the next page of them; `null` when there is none. */
  readonly comments_cursor: string | null
}

/** A post, and which of its versions: each change makes a new one; views, likes and comments do not. */
export interface VersionedPost {
  readonly post: PostDetail
  readonly version: number
}

/** The entity tag of a post: its version, and once there are some, its views, its likes and which comments it has. */
export function tagOf({ post, version }: VersionedPost): string {
  const { comments, comments_cursor: cursor, likes, views } = post
  if (likes === 0 && views === 0 && comments.length === 0) return etagOf(version)
  const shown = hashOf(`${comments.map(({ id }) => id).join()} ${cursor}`).toString(36)
  return etagOf(version, `${views}-${likes}-${shown}`)
}

/** What can be counted on a post. */
export type Counter = 'views' | 'likes'

export interface PostStats {
  readonly total_posts: number
  readonly total_views: number
  readonly total_likes: number
}

const count = z.number()

/** A post as it is answered in a list. */
export const PostAnswer = z
  .object({
    id: z.string(),
    title: z.string(),
    content: z.string(),
    tags: z.array(z.string()).readonly(),
    views: count,
    likes: count,
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Post' })

/** A post as it is answered by itself. */
export const PostDetailAnswer = PostAnswer.extend({
  comments: z.array(CommentAnswer).readonly(),
  comments_cursor: z.string().nullable().meta({
    description: 'The `cursor` for the next page of comments; null when there is none.',
  }),
}).meta({ id: 'PostDetail' })

export const PostStatsAnswer = z
  .object({ total_posts: count, total_views: count, total_likes: count })
  .meta({ id: 'PostStats' })
