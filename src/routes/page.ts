import { z } from 'zod'
import { whole } from './input.ts'

/** Which part of a list is asked for. */
export const Page = z.object({ limit: whole(1, 100).default(20), page: whole(1, 1_000_000).default(1) })
export type Page = z.infer<typeof Page>

/** How many of a list come before a page. */
export function before({ limit, page }: Page): number {
  return (page - 1) * limit
}
