import { z } from 'zod'

/**
 * Text that both databases store as it is: Postgres takes neither NUL nor half a surrogate pair. Its length is counted in
 * characters (code points), as JSON Schema does and as people do, however they are spelled in the JSON.
 */
export const text = (min: number, max: number) =>
  z
    .string()
    .min(min)
    .refine((value) => isAtMost(value, max), `At most ${max} characters.`)
    .refine(
      (value) => !value.includes('\0') && value.isWellFormed(),
      'Text must be valid Unicode without NUL.',
    )
    .meta({ maxLength: max })

function isAtMost(value: string, max: number): boolean {
  if (value.length <= max) return true
  // No character has more than two code units.
  if (value.length > 2 * max) return false
  let length = 0
  for (const _ of value) length++
  return length <= max
}
