import { z } from 'zod'

/** Characters that are not to be seen: variation selectors, fillers, joiners, tags (Unicode Standard Annex 44). */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu

/**
 * An email in its normal form: NFKC and lower case, without characters that nobody sees, so that one address is one user
 * however it was typed or copied (Unicode's NFKC_Casefold does the same). It is not checked beyond its form; nothing is
 * sent to it.
 */
export const Email = z
  .string()
  .max(500)
  .transform((value) => value.replace(INVISIBLE, '').trim().normalize('NFKC').toLowerCase().normalize('NFKC'))
  .pipe(
    z
      .string()
      .max(254)
      .regex(/^[^\s@\p{C}]{1,64}@[^\s@\p{C}]+$/u, 'Expected an email address.'),
  )
