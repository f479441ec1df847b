import { z } from 'zod'
import { whole } from '../input.ts'
import { time } from '../openapi.ts'

/** Text that both databases store as it is: Postgres takes neither NUL nor half a surrogate pair. */
const text = (min: number, max: number) =>
  z
    .string()
    .min(min)
    .max(max)
    .refine(
      (value) => !value.includes('\0') && value.isWellFormed(),
      'Text must be valid Unicode without NUL.',
    )

const title = text(1, 300)
const content = text(0, 200_000)
const tags = z.array(text(1, 50)).max(20)

export const NewPost = z.strictObject({ title, content, tags: tags.default([]) })
export type NewPost = z.infer<typeof NewPost>

export const PostChange = z
  .strictObject({ title: title.optional(), content: content.optional(), tags: tags.optional() })
  .refine((change) => Object.keys(change).length > 0, 'Give at least one of title, content and tags.')
export type PostChange = z.infer<typeof PostChange>

export const Page = z.object({ limit: whole(1, 100).default(20), page: whole(1, 1_000_000).default(1) })
export type Page = z.infer<typeof Page>

export interface Post {
  readonly id: string
  readonly title: string
  readonly content: string
  readonly tags: readonly string[]
  readonly created_at: Date
  readonly updated_at: Date
}

/** A post as it is answered. */
export const PostAnswer = z
  .object({
    id: z.string(),
    title: z.string(),
    content: z.string(),
    tags: z.array(z.string()).readonly(),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Post' })
