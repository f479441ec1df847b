import { z } from 'zod'

/**
 * Characters that are not to be seen: variation selectors, fillers, joiners, tags (Unicode Standard Annex 44), and blanks
 * that are no white space: Braille's, music's empty note head, fillers and blanks of two old scripts.
 */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u2800\u{1D159}\u{16FE4}\u{13441}\u{13442}]/gu

/** An email address as far as its form goes; nothing is sent to it. */
const Address = z
  .string()
  .max(254)
  .regex(/^[^\s@\p{C}]{1,64}@[^\s@\p{C}]+$/u, 'Expected an email address.')

/** An email as it was typed. */
export interface TypedEmail {
  /** Its normal form, which new users are stored under. */
  readonly normal: string
  /** The normal form that it had until 2026-12, where that differs: users from before may be stored under it. */
  readonly former?: string
}

/**
 * An email in its normal form: NFKC and lower case, without characters that are not seen, so that one address is one user
 * however it was typed or copied (Unicode's NFKC_Casefold leaves them out as well).
 */
export const TypedEmail = z
  .string()
  .max(500)
  .transform((typed, context): TypedEmail => {
    const normal = Address.safeParse(normalForm(typed.replace(INVISIBLE, '')))
    if (!normal.success) {
      for (const { message } of normal.error.issues) context.addIssue({ code: 'custom', message })
      return z.NEVER
    }
    const former = Address.safeParse(normalForm(typed)).data
    return { normal: normal.data, ...(former !== undefined && former !== normal.data && { former }) }
  })

/**
 * The form that the user of an email is stored under, or will be. Looks for a user with invisible characters only where
 * some were typed.
 */
export async function storedForm(
  { normal, former }: TypedEmail,
  users: { find(key: { readonly email: string }): Promise<unknown> },
): Promise<string> {
  if (former === undefined) return normal
  return (await users.find({ email: former })) ? former : normal
}

function normalForm(text: string): string {
  return text.trim().normalize('NFKC').toLowerCase().normalize('NFKC')
}
