import { z } from 'zod'

/** Text that both databases store as it is: Postgres takes neither NUL nor half a surrogate pair. */
export const text = (min: number, max: number) =>
  z
    .string()
    .min(min)
    .max(max)
    .refine(
      (value) => !value.includes('\0') && value.isWellFormed(),
      'Text must be valid Unicode without NUL.',
    )
